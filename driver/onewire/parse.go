// SPDX-License-Identifier: GPL-3.0-or-later

package onewire

import (
	"strconv"
	"strings"

	"github.com/siderostep/siderostep/fault"
)

const op = "read thermometer"

// What a DS18B20 can measure, in thousandths of a degree, and what it says
// when it was not yet, or no longer, made to measure.
const (
	coldest = -55_000
	hottest = 125_000
	powerOn = 85_000
)

// parse returns the temperature in °C from the text of a sensor's file:
// thousandths of a degree alone (temperature), or two lines of the sensor's
// nine bytes, of which the first tells whether the checksum is right and the
// second the temperature (w1_slave).
//
//	50 01 4b 46 7f ff 0c 10 1c : crc=1c YES
//	50 01 4b 46 7f ff 0c 10 1c t=21000
//
// It returns fault.Hardware for anything else, for a reading that failed its
// checksum, and for one that the sensor gives when it did not measure.
//
// Source: Linux, Documentation/w1/slaves/w1_therm.rst; DS18B20 data sheet.
func parse(text string) (float64, error) {
	number := strings.TrimSpace(text)
	if lines := strings.Split(number, "\n"); len(lines) == 2 {
		var err error
		if number, err = slave(lines[0], lines[1]); err != nil {
			return 0, err
		}
	}
	milli, err := strconv.Atoi(number)
	switch {
	case err != nil:
		return 0, failure("%.80q is not a temperature", text)
	case milli == powerOn:
		return 0, failure("85 °C is what the sensor says when it has not measured: look at its supply")
	case milli < coldest || milli > hottest:
		return 0, failure("%g °C, but the sensor measures −55 to 125 °C", float64(milli)/1000)
	}
	return float64(milli) / 1000, nil
}

// slave returns the number in the two lines of w1_slave.
func slave(first, second string) (string, error) {
	bytes, verdict, ok := strings.Cut(first, " : crc=")
	again, number, found := strings.Cut(second, " t=")
	switch {
	case !ok || !found || bytes != again:
		return "", failure("%.80q is not the text of a sensor", first+"\n"+second)
	case !strings.HasSuffix(verdict, " YES"):
		return "", failure("the checksum of %s is wrong", bytes)
	case strings.Trim(bytes, "0 ") == "":
		// Nine zeros have the checksum zero: a short circuit looks right.
		return "", failure("only zeros came: look for a short circuit")
	}
	return number, nil
}

func failure(format string, args ...any) error {
	return fault.New(fault.Hardware, op, format, args...)
}
