// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import "strconv"

// managementPages returns what the server tells about itself, by path.
func (s *Server) managementPages() map[string]func(*call) error {
	return map[string]func(*call) error{
		"/management/apiversions":          apiVersions,
		"/management/v1/description":       s.describe,
		"/management/v1/configureddevices": s.listDevices,
	}
}

func apiVersions(c *call) error {
	c.out = append(c.out, "[1]"...)
	return nil
}

func (s *Server) describe(c *call) error {
	b := appendText(append(c.out, `{"ServerName":`...), s.cfg.ServerName)
	b = appendText(append(b, `,"Manufacturer":`...), Manufacturer)
	b = appendText(append(b, `,"ManufacturerVersion":`...), s.version())
	b = appendText(append(b, `,"Location":`...), s.cfg.Location)
	c.out = append(b, '}')
	return nil
}

func (s *Server) listDevices(c *call) error {
	b := append(c.out, '[')
	for i, d := range s.devices {
		if i > 0 {
			b = append(b, ',')
		}
		own := d.common()
		b = appendText(append(b, `{"DeviceName":`...), d.name())
		b = appendText(append(b, `,"DeviceType":`...), own.title)
		b = strconv.AppendInt(append(b, `,"DeviceNumber":`...), int64(own.number), 10)
		b = append(appendText(append(b, `,"UniqueID":`...), own.uniqueID), '}')
	}
	c.out = append(b, ']')
	return nil
}

// version is the program's, which must not be blank.
func (s *Server) version() string {
	if s.parts.Version == "" {
		return "0.0"
	}
	return s.parts.Version
}
