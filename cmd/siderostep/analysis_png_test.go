// SPDX-License-Identifier: GPL-3.0-or-later

//go:build !race

package main

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// The PNG pictures can be read, are as large as they should be, and have on
// them what their legends say.
func TestAnalysisPictures(t *testing.T) {
	dir := t.TempDir()
	var out, stderr bytes.Buffer
	args := []string{"analysis", "report", "--from", analysisStars(t, dir), "--latitude", "48", "--out", dir}
	if status := execute(context.Background(), args, &out, &stderr); status != 0 {
		t.Fatalf("status %d: %s", status, &stderr)
	}
	orange, blue := color.RGBA{0xD5, 0x5E, 0, 0xFF}, color.RGBA{0, 0x72, 0xB2, 0xFF}
	for _, tt := range []struct {
		name          string
		width, height int
		colours       []color.RGBA
	}{
		{"five-plots.png", 1800, 1520, []color.RGBA{orange, blue}},
		{"1-grid.png", 1440, 920, []color.RGBA{orange, blue}},
		{"2-altitude-error-by-altitude.png", 920, 920, []color.RGBA{orange}},
		{"3-azimuth-error-by-altitude.png", 920, 920, []color.RGBA{blue}},
		{"4-altitude-error-by-azimuth.png", 1440, 680, []color.RGBA{orange}},
		{"5-azimuth-error-by-azimuth.png", 1440, 680, []color.RGBA{blue}},
		{"residual-map.png", 1280, 1360, []color.RGBA{{0x7A, 0xD1, 0x51, 0xFF}, {0x1F, 0x9E, 0x89, 0xFF}}},
		{"step-size.png", 920, 920, []color.RGBA{{0x55, 0x55, 0x55, 0xFF}}},
	} {
		content, err := os.ReadFile(filepath.Join(dir, tt.name))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(content))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if b := img.Bounds(); b.Dx() != tt.width || b.Dy() != tt.height {
			t.Errorf("%s is %d by %d, want %d by %d", tt.name, b.Dx(), b.Dy(), tt.width, tt.height)
		}
		for _, c := range tt.colours {
			if n := pixels(img, c); n < 500 {
				t.Errorf("%s has %d pixels of %v: too few for its stars", tt.name, n, c)
			}
		}
		if white := pixels(img, color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}); white < tt.width*tt.height/2 {
			t.Errorf("%s has %d white pixels: it should be dark on white", tt.name, white)
		}
	}
}

// pixels counts those of a colour.
func pixels(img image.Image, of color.RGBA) int {
	n := 0
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			if color.RGBAModel.Convert(img.At(x, y)) == of {
				n++
			}
		}
	}
	return n
}
