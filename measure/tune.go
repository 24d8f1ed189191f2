// SPDX-License-Identifier: GPL-3.0-or-later

package measure

import (
	"context"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/mount"
)

// Tuned is what became of settings that were to change.
type Tuned struct {
	Changed []Change  // in force now, until the end of the run
	Restart []Setting // for the configuration file: they change at the next start only
}

// Tuning returns the settings of motors and gears as they are in force.
func (o *Owner) Tuning() []Setting {
	var some []Setting
	for _, s := range allSettings(o.parts.Mount.Snapshot().Config, o.parts.Fixed) {
		if tuned(s.Key) {
			some = append(some, s)
		}
	}
	return some
}

// Set changes settings by key, to values as the configuration file has them.
// It returns fault.Invalid, naming the key, for an unknown one or a value that
// it cannot have; then none has changed.
func (o *Owner) Set(ctx context.Context, values map[string]string) (Tuned, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.put(ctx, values, "set", "")
}

// put changes settings, and logs it.
func (o *Owner) put(ctx context.Context, given map[string]string, what, name string) (Tuned, error) {
	var t Tuned
	values := map[string]string{}
	for key, v := range given {
		values[key] = normal(v)
	}
	known := map[string]Setting{}
	for _, s := range allSettings(o.parts.Mount.Snapshot().Config, o.parts.Fixed) {
		known[s.Key] = s
	}
	live := map[string]string{}
	cfg := *o.parts.Mount.Snapshot().Config
	for _, key := range keys(values) {
		s, ok := known[key]
		switch {
		case !ok && what != "set": // of a measurement: the file may have keys that nobody told
			t.Restart = append(t.Restart, Setting{Key: key, Value: values[key], Restart: true})
			continue
		case !ok, !tuned(key) && what == "set":
			return t, fault.New(fault.Invalid, opTune, "there is no setting %.60q that is tuned; see Tune:Get", key)
		}
		if s.Restart {
			if s.Value != values[key] {
				s.Value = values[key]
				t.Restart = append(t.Restart, s)
			}
			continue
		}
		if err := change(&cfg, key, values[key]); err != nil {
			return t, err
		}
		if s.Value != values[key] {
			live[key] = values[key]
			t.Changed = append(t.Changed, Change{key, s.Value, values[key]})
		}
	}
	if len(live) > 0 {
		err := o.parts.Mount.Configure(ctx, func(c *mount.Config) {
			for key, value := range live {
				_ = change(c, key, value) // it was tried
			}
		})
		if err != nil {
			return Tuned{}, err
		}
	}
	if len(t.Changed) > 0 {
		o.saved = o.saved.logged(Entry{Time: o.utc(), What: what, Name: name, Changes: t.Changed})
	}
	return t, nil
}

// Save keeps a copy of the tuning by name, in place of one that had it.
func (o *Owner) Save(name string) (Copy, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := copyOf(name, o.utc(), o.Tuning())
	saved, err := o.saved.With(c)
	if err != nil {
		return Copy{}, err
	}
	o.saved = saved
	return saved.Named(name)
}

// Restore puts in force what of a copy can change while running, and returns
// the lines of the rest. Keys that there are no more are left out. It returns
// fault.Invalid when there is no such copy, and for values that can be no
// more; then nothing has changed.
func (o *Owner) Restore(ctx context.Context, name string) (Tuned, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, err := o.saved.Named(name)
	if err != nil {
		return Tuned{}, err
	}
	values := map[string]string{}
	for _, d := range c.Changes(o.Tuning()) {
		values[d.Key] = d.To
	}
	return o.put(ctx, values, "restored", c.Name)
}

// Compare returns by what the tuning in force would change with a copy.
func (o *Owner) Compare(name string) ([]Change, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, err := o.saved.Named(name)
	if err != nil {
		return nil, err
	}
	return c.Changes(o.Tuning()), nil
}

// Delete forgets a copy.
func (o *Owner) Delete(name string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	saved, err := o.saved.Without(name, o.utc())
	if err == nil {
		o.saved = saved
	}
	return err
}

// Saved returns what is to be remembered.
func (o *Owner) Saved() Saved {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.saved
}
