// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"

	"github.com/siderostep/siderostep/fault"
)

// Paddle is what actions ask of the hand paddle.
type Paddle interface {
	// SetMode chooses what the mode keys do, by a word. It returns
	// fault.Invalid, with the words, for any other.
	SetMode(ctx context.Context, word string) error

	// Key presses or lets go a key for a source. A direction key moves as long
	// as it is down, and has to be pressed again from time to time.
	Key(ctx context.Context, source, key string, down bool) error

	// SetDesign says how the paddle is wired: multiplexed or direct.
	SetDesign(ctx context.Context, design string) error

	Status() PaddleStatus
}

// PaddleStatus is how the paddle stands.
type PaddleStatus struct {
	Mode    string
	Design  string
	On      bool     // what the mode switches on and off
	Keys    []string // that are down
	Message string   // what it last had to say
}

func (w Workshop) lines() []Action {
	return []Action{
		New("Handpad:Mode", "Chooses what the mode keys of the hand paddle do, or tells it.", w.paddleMode),
		New("Handpad:Key", "Presses a key of the hand paddle as if it were there.", w.paddleKey),
		New("Handpad:Design", "Says how the hand paddle is wired, until the end of the run, or tells it.", w.paddleDesign),
		New("Aux:Set", "Switches an auxiliary line.", w.setAux),
	}
}

type paddleAnswer struct {
	Mode    string   `json:"mode" doc:"what the mode keys do"`
	Design  string   `json:"design" doc:"multiplexed or direct"`
	On      bool     `json:"on" doc:"whether what the mode switches is on"`
	Keys    []string `json:"keys" doc:"those that are down"`
	Message string   `json:"message" doc:"what the paddle last had to say"`
}

// paddle does something with the paddle, and answers how it stands.
func (w Workshop) paddle(op string, do func(Paddle) error) (paddleAnswer, error) {
	if w.Paddle == nil {
		return paddleAnswer{}, fault.New(fault.Unsupported, op, "there is no hand paddle")
	}
	if err := do(w.Paddle); err != nil {
		return paddleAnswer{}, err
	}
	s := w.Paddle.Status()
	return paddleAnswer{s.Mode, s.Design, s.On, append([]string{}, s.Keys...), s.Message}, nil
}

type modeParams struct {
	Mode *string `json:"mode" doc:"such as off, init_auto, polar, guide, guide_stay, guide_rotate, guide_drag, grand_tour, scroll, focus or aux; a wrong one is answered with all; without it nothing changes"`
}

func (w Workshop) paddleMode(ctx context.Context, p modeParams) (paddleAnswer, error) {
	return w.paddle("Handpad:Mode", func(h Paddle) error {
		if p.Mode == nil {
			return nil
		}
		return h.SetMode(ctx, *p.Mode)
	})
}

type keyParams struct {
	Key  string `json:"key" oneof:"left,right,speed,up,down,ccw,cw" doc:"which"`
	Down *bool  `json:"down" doc:"whether it goes down or is let go; needed for up, down, ccw and cw, which move while they are down, for handpad.key_timeout_s after the last call; without it another key is pressed once"`
}

func (w Workshop) paddleKey(ctx context.Context, p keyParams) (paddleAnswer, error) {
	return w.paddle("Handpad:Key", func(h Paddle) error {
		if p.Down != nil {
			return h.Key(ctx, commander, p.Key, *p.Down)
		}
		switch p.Key {
		case "left", "right", "speed":
		default:
			return fault.New(fault.Invalid, "Handpad:Key", "say whether %s goes down or is let go (down)", p.Key)
		}
		err := h.Key(ctx, commander, p.Key, true)
		if up := h.Key(ctx, commander, p.Key, false); err == nil {
			err = up
		}
		return err
	})
}

type designParams struct {
	Design *string `json:"design" oneof:"multiplexed,direct" doc:"multiplexed: Scope II's own, one key at a time; direct: a line for each direction; without it nothing changes"`
}

func (w Workshop) paddleDesign(ctx context.Context, p designParams) (paddleAnswer, error) {
	return w.paddle("Handpad:Design", func(h Paddle) error {
		if p.Design == nil {
			return nil
		}
		return h.SetDesign(ctx, *p.Design)
	})
}

type auxParams struct {
	Line int  `json:"line" range:"1..17" doc:"by its pin of the parallel port: 1, 14, 16 or 17"`
	On   bool `json:"on" doc:"whether it is on"`
}

func (w Workshop) setAux(_ context.Context, p auxParams) (auxParams, error) {
	switch {
	case w.Aux == nil:
		return auxParams{}, fault.New(fault.Unsupported, "Aux:Set", "there are no auxiliary lines")
	case p.Line != 1 && p.Line != 14 && p.Line != 16 && p.Line != 17:
		return auxParams{}, fault.New(fault.Invalid, "Aux:Set", "line is %d, but must be 1, 14, 16 or 17", p.Line)
	}
	return p, w.Aux(p.Line, p.On)
}
