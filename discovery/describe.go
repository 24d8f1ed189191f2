// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync"
	"time"
	"unicode"
)

const (
	describeTime = 5 * time.Second // for both requests to one server
	maxHeader    = 1 << 16         // bytes of a response
	maxBody      = 1 << 17         // room for several hundred devices
)

// Server is an Alpaca server that answered. Find sets Addr, ParseServer Addr
// or Host, Describe the rest. Its texts are the server's own words, not to be
// trusted.
type Server struct {
	Addr         netip.AddrPort `json:"address,omitzero"` // of the Alpaca API; with zone if link-local
	Host         string         `json:"host,omitempty"`   // name and port instead of Addr, where it was given by name
	Name         string         `json:"server_name,omitempty"`
	Manufacturer string         `json:"manufacturer,omitempty"`
	Version      string         `json:"manufacturer_version,omitempty"`
	Location     string         `json:"location,omitempty"`
	Devices      []Device       `json:"devices,omitempty"`
	Problem      string         `json:"problem,omitempty"` // why DescribeAll could not describe it
}

// Device is one device of a Server.
type Device struct {
	Type     string `json:"type"` // "Telescope", "Focuser", …
	Number   int    `json:"number"`
	Name     string `json:"name"`
	UniqueID string `json:"unique_id"`
}

// Describe asks a server for its description and its devices, over HTTP and
// for at most 5 s of real time, and returns it with both filled in. On an
// error it returns what it learnt.
func Describe(ctx context.Context, s Server) (Server, error) {
	ctx, cancel := context.WithTimeout(ctx, describeTime)
	defer cancel()
	client := newClient()

	err := errors.Join(
		client.get(ctx, s, "/management/v1/description", s.readDescription),
		client.get(ctx, s, "/management/v1/configureddevices", s.readDevices))
	return s, err
}

// readDescription takes the management description into s.
func (s *Server) readDescription(r io.Reader) error {
	var d struct{ ServerName, Manufacturer, ManufacturerVersion, Location string }
	err := parseValue(r, &d)
	s.Name, s.Manufacturer, s.Version, s.Location = d.ServerName, d.Manufacturer, d.ManufacturerVersion, d.Location
	return err
}

// readDevices takes the list of configured devices into s.
func (s *Server) readDevices(r io.Reader) error {
	var devices []struct {
		DeviceName, DeviceType, UniqueID string
		DeviceNumber                     int
	}
	err := parseValue(r, &devices)
	s.Devices = nil
	for _, d := range devices {
		s.Devices = append(s.Devices, Device{Type: d.DeviceType, Number: d.DeviceNumber, Name: d.DeviceName, UniqueID: d.UniqueID})
	}
	return err
}

// parseValue reads the Value of a management response into value. What comes
// after the response, and after maxBody, is left alone.
func parseValue(r io.Reader, value any) error {
	response := struct {
		Value        any
		ErrorNumber  int
		ErrorMessage string
	}{Value: value}
	if err := json.NewDecoder(io.LimitReader(r, maxBody)).Decode(&response); err != nil {
		return err
	}
	if response.ErrorNumber != 0 {
		return fmt.Errorf("error %d: %s", response.ErrorNumber, response.ErrorMessage)
	}
	return nil
}

// DescribeAll describes servers, all at the same time, in place. What fails is
// noted in the server's Problem.
func DescribeAll(ctx context.Context, servers []Server) {
	var all sync.WaitGroup
	for i := range servers {
		all.Go(func() {
			var err error
			if servers[i], err = Describe(ctx, servers[i]); err != nil {
				servers[i].Problem = err.Error()
			}
		})
	}
	all.Wait()
}

// WriteText lists servers and their devices for a person to read.
func WriteText(w io.Writer, servers []Server) error {
	var b strings.Builder
	if len(servers) == 0 {
		b.WriteString("no Alpaca server answered\n")
	}
	for _, s := range servers {
		fmt.Fprintf(&b, "http://%s\n", s.authority())
		for _, line := range []struct{ label, text string }{
			{"server", s.Name},
			{"made by", strings.TrimSpace(s.Manufacturer + " " + s.Version)},
			{"location", s.Location},
			{"problem", s.Problem},
		} {
			if line.text != "" {
				fmt.Fprintf(&b, "  %-9s %s\n", line.label, printable(line.text))
			}
		}
		for _, d := range s.Devices {
			fmt.Fprintf(&b, "  %-9s %s (%s)\n", printable(fmt.Sprintf("%s %d", strings.ToLower(d.Type), d.Number)),
				printable(d.Name), printable(d.UniqueID))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// printable keeps a stranger's text from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}
