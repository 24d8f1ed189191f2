// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

func TestDataFile(t *testing.T) {
	const file = "\ufeff 12 23 14 33 53 09 test position\r\n" + // the manual's own line
		"\r\n" +
		" 00 42 44 +41 16 08 M31 Andromeda  Galaxy\r\n" +
		"05 35 17 -05 -23 -25 M42\r\n" + // without the leading blank
		"\t02 42 41 +00 -49 00 sign on the minutes\n" +
		" 2 42 41 0 0 -46 sign on the seconds\n" +
		" 23 59 60 -90 00 00 rounded up by a converter\n" +
		" 1 2 3 4 5 6\x1a"
	c, problems, err := ReadDat("my.dat", strings.NewReader(file), 2000)
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	for i, want := range []struct {
		line    int
		name    string
		ra, dec float64
	}{
		{1, "test position", 12 + 23/60.0 + 14/3600.0, 33 + 53/60.0 + 9/3600.0},
		{3, "M31 Andromeda Galaxy", 42/60.0 + 44/3600.0, 41 + 16/60.0 + 8/3600.0},
		{4, "M42", 5 + 35/60.0 + 17/3600.0, -(5 + 23/60.0 + 25/3600.0)},
		{5, "sign on the minutes", 2 + 42/60.0 + 41/3600.0, -49 / 60.0},
		{6, "sign on the seconds", 2 + 42/60.0 + 41/3600.0, -46 / 3600.0},
		{7, "rounded up by a converter", 0, -90},
		{8, "", 1 + 2/60.0 + 3/3600.0, 4 + 5/60.0 + 6/3600.0},
	} {
		if i >= len(c.Objects) {
			t.Fatalf("%d objects", len(c.Objects))
		}
		o := &c.Objects[i]
		p := icrs(t, o)
		if o.Line != want.line || o.Name != want.name || math.Abs(p.RA.Hours()-want.ra) > 1e-9 || math.Abs(p.Dec.Degrees()-want.dec) > 1e-9 {
			t.Errorf("%+v at %g h %g°, want %+v", o, p.RA.Hours(), p.Dec.Degrees(), want)
		}
	}
}

// Every bad line is told with file and line, in plain words, and the good
// lines around it are kept.
func TestBadLinesAreNamed(t *testing.T) {
	const good = " 12 23 14 33 53 09 good\n"
	for _, tt := range []struct{ line, says string }{
		{"24 00 00 10 00 00 x", "the right ascension is 24 0 0; accepted: 0 0 0 to 23 59 59"},
		{"12 60 00 10 00 00 x", "the right ascension is 12 60 0"},
		{"-1 00 00 10 00 00 x", "the right ascension has a minus"},
		{"12 00 00 91 00 00 x", "the declination is 91 0 0; accepted: 0 0 0 to 90 0 0"},
		{"12 00 00 90 00 01 x", "the declination is 90 0 1"},
		{"12 00 00 10 61 00 x", "the declination is 10 61 0"},
		{"12 00 00 10 00 61 x", "the declination is 10 0 61"},
		{"12 23 14.5 33 53 09 decimals", `field 3 is "14.5", no whole number`},
		{"RA and Dec of my objects", `field 1 is "RA", no whole number`},
		{"12 23 14", "the line ends before number 4"},
		{"12 23 14 33 53 9999999999 x", "no whole number"},
		{"12 +-3 14 33 53 9 x", `field 2 is "+-3"`},
		{strings.Repeat("9", 5000), "longer than 4096 characters"},
		{"12 23 14 \x00 33 53 09 x", "characters that no text file has"},
	} {
		c, problems, err := ReadDat("my.dat", strings.NewReader(good+tt.line+"\n"+good), 2000)
		if err != nil || len(c.Objects) != 2 || len(problems) != 1 {
			t.Errorf("%.40q: %d objects, %v, %v", tt.line, len(c.Objects), problems, err)
			continue
		}
		if s := problems[0].String(); !strings.HasPrefix(s, "my.dat:2: ") || !strings.Contains(s, tt.says) {
			t.Errorf("%.40q: %q, want it to say %q", tt.line, s, tt.says)
		}
	}
	for _, tt := range []struct{ line, says string }{
		{"07 14 31 +23 +12 +11 00 00 2 00 00", "the line ends before number 12"},
		{"07 14 31 +23 +12 +11 24 00 2 00 00 1 x", "the motion in right ascension is 24 0 2"},
		{"07 14 31 +23 +12 +11 00 00 2 00 99 1 x", "the motion in declination is 0 99 1"},
	} {
		c, problems, err := ReadComets("my.cdf", strings.NewReader(tt.line), 2000)
		if err != nil || len(c.Objects) != 0 || len(problems) != 1 || !strings.Contains(problems[0].String(), "my.cdf:1: "+tt.says) {
			t.Errorf("%q: %v, %v", tt.line, problems, err)
		}
	}
	_, problems, _ := ReadDat("my.dat", strings.NewReader(strings.Repeat("x\n", 1000)), 2000)
	if len(problems) != maxProblems+1 || !strings.Contains(problems[maxProblems].String(), "900 more problems") {
		t.Errorf("%d problems, the last %v", len(problems), problems[len(problems)-1])
	}
}

func TestBadTablesAreNamed(t *testing.T) {
	for _, tt := range []struct {
		file    string
		objects int
		says    string
	}{
		{"", 0, "t.csv: the file has no heading"},
		{"# only a comment\n", 0, "t.csv: the file has no heading"},
		{"name,ra,dec,colour\n", 0, `t.csv:1: there is no column "colour"; accepted: name, other`},
		{"name,ra,dec,ra\n", 0, `the column "ra" is there twice`},
		{"ra,dec\n", 0, `lacks the column "name"`},
		{"name,ra\n", 0, `lacks the column "dec"`},
		{"name,ra,dec\na,1 2 3,4 5 6\n,1 2 3,4 5 6\n", 1, "t.csv:3: the object has no name"},
		{"name,ra,dec\na,25 0 0,4 5 6\n", 0, `t.csv:2: ra is "25 0 0"; accepted: 0 0 0 to 24 0 0`},
		{"name,ra,dec\na,1 0 0,-91 5 6\n", 0, `dec is "-91 5 6"`},
		{"name,ra,dec\na,1 -2 0,1 5 6\n", 0, `ra is "1 -2 0"`},
		{"name,ra,dec\na,1 1e1 0,1 5 6\n", 0, `ra is "1 1e1 0"`},
		{"name,ra,dec\na,1 60 0,1 5 6\n", 0, `ra is "1 60 0"`},
		{"name,ra,dec\na,1 2.5 0,1 5 6\n", 0, `ra is "1 2.5 0"`},
		{"name,ra,dec\na,1:2:3:4,1 5 6\n", 0, `ra is "1:2:3:4"`},
		{"name,ra,dec\na,,1 5 6\n", 0, "the object has no ra"},
		{"name,ra_deg,dec_deg\na,361,0\n", 0, `ra_deg is "361"; accepted: 0 to 360`},
		{"name,ra_deg,dec_deg\na,NaN,0\n", 0, `ra_deg is "NaN"`},
		{"name,ra_deg,dec_deg,magnitude\na,1,2,bright\n", 0, `magnitude is "bright"`},
		{"name,ra_deg,dec_deg,pm_ra_mas\na,1,2,1e9\n", 0, `pm_ra_mas is "1e9"`},
		{"name,ra_deg,dec_deg\na,1,2,3\nb,1,2\n", 1, "t.csv:2: the line has 4 values, the heading 3"},
		{"name,ra_deg,dec_deg\n\"a,1,2\n", 0, "t.csv:2"},
		{"name,ra_deg,dec_deg\na\"b,1,2\nc,1,2\n", 1, "t.csv:2: bare"},
	} {
		c, problems, err := ReadTable("t.csv", strings.NewReader(tt.file), 2000)
		if err != nil || len(problems) != 1 || len(c.Objects) != tt.objects || !strings.Contains(problems[0].String(), tt.says) {
			t.Errorf("%q: %d objects, %v, %v; want %d and %q", tt.file, len(c.Objects), problems, err, tt.objects, tt.says)
		}
	}
	_, problems, _ := ReadTable("t.csv", strings.NewReader("name,ra_deg,dec_deg,pm_ra_mas\na,1,2,3\n"), 1950)
	if len(problems) != 1 || !strings.Contains(problems[0].String(), "these coordinates are J1950.0") {
		t.Errorf("%v", problems)
	}
}

func TestElementFiles(t *testing.T) {
	const file = `MINOR PLANET CENTER ORBIT DATABASE (MPCORB)

Des'n     H     G   Epoch     M        Peri.      Node       Incl.       e            n           a
----------------------------------------------------------------------------------------------------
00001    3.4   0.15 K205V 162.68631   73.73161   80.28698   10.58862  0.0775571  0.21406009   2.7676569  0 MPO492748  6751 115 1801-2019 0.60 M-v 30h Williams   0000      (1) Ceres              20190915
00002    4.1   0.15 K205V 144.97567  310.20237  173.02474   34.83293  2.2299723  0.21376680   2.7701937  0 MPO492748  8434 116 1804-2019 0.59 M-c 28k Pan        0000      (2) Pallas             20191101
`
	c, problems, err := ReadElements("MPCORB.DAT", strings.NewReader(file))
	if err != nil || len(c.Objects) != 1 || c.Objects[0].Name != "(1) Ceres" || c.Objects[0].Type != TypeAsteroid || c.Objects[0].Line != 5 {
		t.Fatalf("%+v, %v", c, err)
	}
	if len(problems) != 1 || !strings.Contains(problems[0].String(), "MPCORB.DAT:6: ") || !strings.Contains(problems[0].String(), "eccentricity") {
		t.Errorf("%v", problems)
	}
	a := sky.NewAstrometry(sky.JDOf(2459017.5008)) // 2020 June 17, 0h UTC
	f, ok := c.At(&a).Closest(model.Equatorial{}, OfType(TypeAsteroid))
	if !ok {
		t.Fatal("no Ceres")
	}
	want := sky.ICRS{RA: model.Hours(23.1437), Dec: model.Degrees(-17.323)}
	if d := a.ICRS(f.Place).Separation(want); d > model.Arcsec(4) {
		t.Errorf("Ceres is %.1f″ off (Minor Planet Center, in skyfield's tests)", d.Arcsec())
	}
}

func TestLibrary(t *testing.T) {
	folder := fstest.MapFS{
		"messier.dat":     {Data: []byte(" 5 34 32 22 0 52 M1 by the user\n")},
		"ngc/NGC0.DAT":    {Data: []byte(" 0 7 16 27 42 32 NGC 1\n 0 99 16 27 42 32 NGC 2\n")},
		"comets.cdf":      {Data: []byte(" 7 14 31 23 12 11 0 0 2 0 0 -1 31P\n")},
		"input.dat":       {Data: []byte(" 1 2 3 4 5 6 M31: Sat Jan  1 20:00:00 2005\n\n")},
		"pec.dat":         {Data: []byte("0 3\n1 4\n")},
		"record.dat":      {Data: []byte("  1  2  3     4  5  6   handpad_record\n")},
		"readme.txt":      {Data: []byte("not a catalogue")},
		"mine.csv":        {Data: []byte("name,ra_deg,dec_deg,magnitude,type\nBarnard's Star,269.454,4.668,9.5,Star\n")},
		"empty.dat":       {},
		"elements.edf":    {Data: []byte("Encke                                         1990 10 28.54502 0.33088528 0.8502196 186.23352 334.75006 11.94524 10.5 5\n")},
		"latin.dat":       {Data: []byte(" 1 2 3 4 5 6 B\xe9la\n")},
		"binary.dat":      {Data: []byte("\x7fELF\x02\x01\x00\x00")},
		"folder.dat/x.go": {Data: []byte("package x")},
	}
	l := NewLibrary()
	if err := l.Add(folder, 2000); err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, p := range l.Problems {
		told = append(told, p.String())
	}
	want := []string{
		"binary.dat:1: the line has characters that no text file has",
		"empty.dat: there is no object in the file",
		"ngc/NGC0.DAT:2: the right ascension is 0 99 16; accepted: 0 0 0 to 23 59 59",
	}
	if strings.Join(told, "\n") != strings.Join(want, "\n") {
		t.Errorf("problems:\n%s", strings.Join(told, "\n"))
	}
	for name, first := range map[string]string{
		"messier": "M1 by the user", "ngc/ngc0": "NGC 1", "NGC/NGC0.DAT": "NGC 1", "comets.cdf": "31P",
		"input.dat": "M31: Sat Jan 1 20:00:00 2005", "mine": "Barnard's Star", "elements": "Encke", "latin.dat": "Béla", "bstars.dat": "Alpheratz",
	} {
		c, err := l.Catalog(name)
		if err != nil {
			t.Error(err)
		} else if c.Objects[0].Name != first {
			t.Errorf("%s begins with %q, want %q", name, c.Objects[0].Name, first)
		}
	}
	if c, _ := l.Catalog("input.dat"); c != nil && c.Objects[0].Place.Epoch() != "of date" {
		t.Errorf("what was visited is %s", c.Objects[0].Place.Epoch())
	}
	for _, name := range []string{"pec.dat", "record.dat", "readme.txt", "binary.dat", "nothing"} {
		if _, err := l.Catalog(name); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}

	found := func(mask, text string) (names []string) {
		if err := l.Search(mask, text, func(c *Catalog, o *Object) bool {
			names = append(names, o.Name)
			return len(names) < 5
		}); err != nil {
			t.Error(err)
		}
		return names
	}
	for _, tt := range []struct{ mask, text, want string }{
		{"", "SIRIUS", "Sirius"},
		{"*.dat", "alpha lyr", "Vega"},
		{"*.csv", "star", "Barnard's Star"},
		{"ngc*", "ngc", "NGC 1"},
		{"ngc/*", "ngc", "NGC 1"},
		{"*.dat", "barnard", ""},
		{"", "  ", ""},
		{"", "ori", "Tabit,Rigel,Bellatrix,Mintaka,Meissa"},
	} {
		if got := strings.Join(found(tt.mask, tt.text), ","); got != tt.want {
			t.Errorf("%q in %q: %q, want %q", tt.text, tt.mask, got, tt.want)
		}
	}
	for name, where := range map[string]string{"ngc1": "ngc/NGC0.DAT", "barnard's star": "mine.csv", "alpha lyr": BrightStars, "NGC 7089": ""} {
		c, _, ok := l.Named(name) // messier.dat is the user's, without M 2
		if ok != (where != "") || ok && c.Name != where {
			t.Errorf("%s: %v %v", name, c, ok)
		}
	}
	for _, e := range []Equinox{1600, -2000, Equinox(math.NaN()), Equinox(math.Inf(1))} {
		if err := l.Add(folder, e); !errors.Is(err, fault.Invalid) {
			t.Errorf("equinox %v: %v", e, err)
		}
	}
	if err := l.Search("[", "x", func(*Catalog, *Object) bool { return true }); !errors.Is(err, fault.Invalid) {
		t.Errorf("a bad mask: %v", err)
	}
}

// unreadable is a folder in which nothing can be read.
type unreadable struct{ fstest.MapFS }

func (u unreadable) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, ".dat") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return u.MapFS.Open(name)
}

func TestUnreadableFilesAreNamed(t *testing.T) {
	l := NewLibrary()
	if err := l.Add(unreadable{fstest.MapFS{"a.dat": {}}}, 2000); err != nil {
		t.Error(err)
	}
	if len(l.Problems) != 1 || l.Problems[0].String() != "a.dat: the file cannot be read: permission denied" {
		t.Errorf("%v", l.Problems)
	}
	l = NewLibrary()
	if err := l.Add(missing{}, 2000); err != nil {
		t.Error(err)
	}
	if len(l.Problems) != 1 || !strings.Contains(l.Problems[0].String(), "the file cannot be read: file does not exist") {
		t.Errorf("%v", l.Problems)
	}
	broken := iotest.TimeoutReader(io.MultiReader(strings.NewReader(" 1 2 3 4 5 6 x\n"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	c, _, err := ReadDat("a.dat", broken, 2000)
	if err == nil || len(c.Objects) != 1 {
		t.Errorf("%d objects, %v", len(c.Objects), err)
	}
}

// blanks is a file without end, of long empty lines.
type blanks struct{}

func (blanks) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	b[len(b)-1] = '\n'
	return len(b), nil
}

// However much there is to read, reading ends and says why.
func TestReadingIsBounded(t *testing.T) {
	for name, read := range map[string]func(io.Reader) (*Catalog, []Problem, error){
		"dat": func(r io.Reader) (*Catalog, []Problem, error) { return ReadDat("x", r, 2000) },
		"csv": func(r io.Reader) (*Catalog, []Problem, error) {
			return ReadTable("x", io.MultiReader(strings.NewReader("name,ra,dec\n"), r), 2000)
		},
	} {
		_, problems, err := read(blanks{})
		if err != nil || len(problems) == 0 || problems[len(problems)-1].String() != "x: the file is larger than 64 MB; the rest is not read" {
			t.Errorf("%s: %d problems, %v", name, len(problems), err)
		}
	}
	folder := fstest.MapFS{}
	for i := range maxFiles + 2 {
		folder[fmt.Sprintf("%05d.dat", i)] = &fstest.MapFile{Data: []byte("1 2 3 4 5 6 x\n")}
	}
	l := NewLibrary()
	built := len(l.Catalogs)
	if err := l.Add(folder, 2000); err != nil {
		t.Fatal(err)
	}
	if len(l.Catalogs) != built+maxFiles || len(l.Problems) != 1 || !strings.HasPrefix(l.Problems[0].String(), "02000.dat: the folder has more than 2000") {
		t.Errorf("%d catalogues, %v", len(l.Catalogs), l.Problems)
	}
}

type missing struct{}

func (missing) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func TestDatLine(t *testing.T) {
	for _, tt := range []struct {
		ra, dec float64
		want    string
	}{
		{12.3872222222, 33.8858333333, " 12 23 14 +33 +53 +09 x y"},
		{2.7, -49 / 60.0, " 02 42 00 -00 -49 -00 x y"},
		{23.99999, -89.99999, " 00 00 00 -90 -00 -00 x y"},
		{0, 0, " 00 00 00 +00 +00 +00 x y"},
	} {
		got := DatLine(model.Equatorial{RA: model.Hours(tt.ra), Dec: model.Degrees(tt.dec)}, " x\ny ")
		if got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
