// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import "strings"

// reading is how the original reads a value.
type reading int

const (
	integer  reading = iota // of 16 bits
	unsigned                // of 16 bits
	long                    // of 32 bits
	flag                    // a byte; 0 is no
	float
	text // to the end of the line
)

// variable is one that config.dat can set.
type variable struct {
	name string
	as   reading
	def  float64 // what the original takes when the file does not say
	why  string  // it has no place here, for this reason; "" when it has
}

const (
	noScreen = "the text screen and its keys are gone; the console takes their place"
	noDOS    = "it concerns DOS and its hardware"
	noLoop   = "the speed of the computer no longer makes the speed of the motors"
)

// variables lists all that the source of 2009 reads, but for those with an
// index, which indexed knows.
//
// Source: Scope II source, CONFIG.C.
var variables = [...]variable{
	{"DefaultBackground", integer, 0, noScreen}, {"DefaultColor", integer, 7, noScreen}, {"TitleColor", integer, 9, noScreen},
	{"BorderColor", integer, 1, noScreen}, {"MenuColor", integer, 12, noScreen}, {"DisplayColor", integer, 12, noScreen},
	{"SelectColor", integer, 0, noScreen}, {"CurrentColor", integer, 14, noScreen}, {"SelectBackground", integer, 4, noScreen},
	{"ConfirmQuit", flag, 0, "the program is a service that nobody quits by a key"},
	{"DisplayOpeningMsgs", flag, 1, noScreen},
	{"HorizonLimitFlag", flag, 0, "slews below mount.horizon_deg are always refused, with the reason"},
	{"MoveHsMsgDeg", float, 10, "clients ask their users themselves; slews keep clear of limits, horizon and Sun"},
	{"HotkeyF9", integer, 0, noScreen}, {"HotkeyF10", integer, 0, noScreen}, {"HotkeyF11", integer, 0, noScreen}, {"HotkeyF12", integer, 0, noScreen},
	{"InterfacePath", text, 0, "there is no exchange of files with a planetarium program; such programs connect by Alpaca or LX200"},
	{"UseMouseFlag", flag, 0, noScreen},
	{"IACA_Flag", flag, 0, noDOS},
	{"WriteInitHistoryFlag", flag, 1, "the history of alignment is always kept"},
	{"PPortAddr", unsigned, 1, ""},
	{"COM3Base", unsigned, 1000, noDOS}, {"COM3IRQ", integer, 4, noDOS}, {"COM4Base", unsigned, 744, noDOS}, {"COM4IRQ", integer, 3, noDOS},
	{"CMOS_RTC_Access", flag, 0, noDOS},
	{"TestString", text, 0, ""},

	{"LatitudeDeg", float, 44, ""}, {"LongitudeDeg", float, 123, ""}, {"Height", float, 0, ""}, {"Tz", float, 8, ""}, {"DST", integer, 1, ""},
	{"GEMFlipPossible", flag, 0, ""}, {"AutoGEMFlip", flag, 0, ""},
	{"AutoGEMFlipOnFuzzDeg", float, 0, ""}, {"AutoGEMFlipOffFuzzDeg", float, 0, ""}, {"AutoGEMFlipFuzzDeg", float, 0, ""},
	{"Siderostat", flag, 0, ""},
	{"HomeAltDeg", float, 0, ""}, {"HomeAzDeg", float, 0, ""},
	{"MsArcsecSec", integer, 300, ""}, {"StartInitState", integer, 0, ""},
	{"Z1Deg", float, 0, ""}, {"Z2Deg", float, 0, ""}, {"Z3Deg", float, 0, ""},
	{"DataFileCoordYear", float, 2000, ""},
	{"precessionNutationAberration", flag, 0, "all places are brought to the date by precession, nutation and aberration"},
	{"RefractFlag", integer, 0, ""},
	{"UseAltAzECFlag", flag, 0, noCurve + " altazec.dat"}, {"UseAltAltECFlag", flag, 0, noCurve + " altaltec.dat"}, {"UseAzAzECFlag", flag, 0, noCurve + " azazec.dat"},
	{"PointingModelFlag", flag, 0, noCurve + " pmc.dat"},
	{"Current.Alt", float, 0, fromCount}, {"Current.Az", float, 0, fromCount},
	{"AccumMs.A", long, 0, ""}, {"AccumMs.Z", long, 0, ""},

	{"AltFullStepSizeArcsec", float, 3, ""}, {"AzFullStepSizeArcsec", float, 3, ""},
	{"AzFullStepSizeArcsecCW", float, 0, ""}, {"AzFullStepSizeArcsecCCW", float, 0, ""},
	{"ReverseAMotor", flag, 0, ""}, {"ReverseZMotor", flag, 0, ""},
	{"MotorControlMethod", integer, 0, ""}, {"MotorWindings", integer, 4, ""}, {"InvertOutput", flag, 1, ""},
	{"KeepAlivePPortPin", integer, 0, ""}, {"MsPowerDownSec", integer, 5, ""},
	{"HsRampStyle", flag, 1, ""}, {"HsTimerFlag", flag, 1, ""}, {"MaxDelay", integer, 1000, ""}, {"MinDelay", integer, 300, ""},
	{"HsDelayX", integer, 2, ""}, {"HsRampX", integer, 5, ""},
	{"InterruptHs", integer, 100, noLoop}, {"HoldReps", integer, 20, ""}, {"HsOverVoltageControl", integer, 0, ""},
	{"MaxConsecutiveSlews", integer, 5, ""},
	{"PWMRepsTick", integer, 35, ""}, {"AvgPWMRepsTickOnFlag", flag, 1, "periods of modulation come at a fixed rate, hardware.pwm_hz"},
	{"MsDelayX", integer, 6, ""}, {"MsPause", integer, 500, ""}, {"Ms", integer, 10, ""},
	{"MaxIncrMsPerPWM", integer, 0, ""}, {"MsHsToggleIncrMsPerPWM", integer, 0, ""}, {"MaxPWM", integer, 100, ""},

	{"AltBacklashArcmin", float, 0, ""}, {"AzBacklashArcmin", float, 0, ""},
	{"ABacklashSignalPPortPin17", flag, 0, "the original reads and saves it, and never uses it"},
	{"AltLowLimitDeg", float, 0, ""}, {"AltHighLimitDeg", float, 0, ""}, {"AzLowLimitDeg", float, 0, ""}, {"AzHighLimitDeg", float, 0, ""},
	{"GuideArcsecSec", integer, 5, ""}, {"HPUpdateDriftFlag", flag, 1, ""},
	{"GuideDragAltArcsecPerMin", float, 10, ""}, {"GuideDragAzArcsecPerMin", float, 10, ""},
	{"GuideDragRaArcsecPerMin", float, 10, ""}, {"GuideDragDecArcsecPerMin", float, 10, ""},
	{"DriftAltArcsecPerMin", float, 0, ""}, {"DriftAzArcsecPerMin", float, 0, ""}, {"DriftRaDegPerHr", float, 0, ""}, {"DriftDecDegPerHr", float, 0, ""},
	{"PECFlag", flag, 0, ""}, {"AutoAltPECPin", long, 17, ""}, {"AutoAzPECPin", long, 15, ""},
	{"AutoAltPECSyncOnFlag", flag, 0, ""}, {"AutoAzPECSyncOnFlag", flag, 0, ""},
	{"AutoAltPECSyncLowHighFlag", flag, 1, ""}, {"AutoAzPECSyncLowHighFlag", flag, 1, ""},
	{"AutoAltPECSyncDirFlag", flag, 0, ""}, {"AutoAzPECSyncDirFlag", flag, 0, ""},
	{"AutoAltPECDeBounce", flag, 0, ""}, {"AutoAzPECDeBounce", flag, 0, ""},
	{"FullstepsPerPECArray", long, 200, ""}, {"PECIxOffset.A", integer, 0, ""}, {"PECIxOffset.Z", integer, 0, ""},

	{"HandpadPresentFlag", flag, 1, ""}, {"StartingHandpadMode", integer, 0, ""}, {"HandpadDesign", integer, 0, ""},
	{"UpDownButtonsReversedFlag", flag, 0, ""}, {"HandpadFlipUpDownWithGEMFlip", flag, 0, ""},
	{"FRStepSizeArcsec", float, 60, ""}, {"SectoredFRDrive", flag, 1, ""},
	{"FRStepSpeedMilliSec", integer, 20, ""}, {"ReverseFRMotor", flag, 0, ""},
	{"FocusMethod", integer, 0, ""}, {"ReverseFocusMotor", flag, 0, ""}, {"FocusFastStepsSec", integer, 2, ""}, {"FocusSlowStepsSec", integer, 1, ""},
	{"FocusPosition", integer, 0, ""}, {"Eyepieces", integer, 2, ""},
	{"EncoderString", text, 0, ""}, {"EncoderComPort", integer, 0, ""}, {"EncoderBaudRate", long, 9600, ""}, {"SerialWriteDelayMs", integer, 50, ""},
	{"AltEncoderCountsPerRev", long, 8192, ""}, {"AzEncoderCountsPerRev", long, 8192, ""}, {"AltEncoderDir", flag, 1, ""}, {"AzEncoderDir", flag, 0, ""},
	{"EncoderErrorThresholdDeg", float, 0, ""}, {"TrackEncoderErrorThresholdDeg", float, 0, ""},
	{"MakeEncoderResetLogFile", flag, 0, "corrections by the encoders are always logged"},
	{"EncoderOffset.A", float, 0, ""}, {"EncoderOffset.Z", float, 0, ""},
	{"LX200ComPort", integer, 0, ""}, {"LX200BaudRate", long, 9600, ""}, {"LX200MotionTimeoutSec", integer, 5, ""}, {"LX200SlewHs", long, 10000, ""}, {"LX200_LongFormat", flag, 0, ""},
}

const (
	noCurve   = "the curves and tables of a pointing model are fitted anew from stars: note some with Analysis:Add in place of"
	fromCount = "the original computes it anew from AccumMs"
)

// aliases are names of the manual that the source does not know.
var aliases = map[string]string{
	"f9hotkey": "HotkeyF9", "f10hotkey": "HotkeyF10", "f11hotkey": "HotkeyF11", "f12hotkey": "HotkeyF12",
	"oneinit": "InitOne", "twoinit": "InitTwo", "threeinit": "InitThree",
}

// hints are names of older chapters of the manual, and what they are now.
var hints = map[string]string{
	"msdelay": "MsDelayX", "mspausex": "MsPause", "msrepstick": "PWMRepsTick", "mstickrep": "PWMRepsTick", "msticksrep": "PWMRepsTick",
	"trackencoderthresholddeg": "TrackEncoderErrorThresholdDeg", "testcode": "TestString",
}

// catalogue returns the variables by their names in small letters.
func catalogue() map[string]variable {
	m := make(map[string]variable, len(variables))
	for _, v := range variables {
		m[strings.ToLower(v.name)] = v
	}
	return m
}
