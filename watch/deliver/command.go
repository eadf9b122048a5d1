package deliver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Command starts a program for each message, which it is given as JSON on its standard input.
type Command struct{ words []string }

// NewCommand takes a program and its arguments; no shell reads them.
func NewCommand(words []string) (*Command, error) {
	if len(words) == 0 || words[0] == "" {
		return nil, errors.New("command: want a program and its arguments")
	}
	return &Command{words}, nil
}

// Send fails where the program does, or does not end.
func (c *Command) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("command: %w", err)
	}
	process := exec.CommandContext(ctx, c.words[0], c.words[1:]...)
	process.Stdin = bytes.NewReader(body)
	process.WaitDelay = time.Second
	process.Env = withoutSecrets(os.Environ())
	if err := process.Run(); err != nil {
		return fmt.Errorf("command %s: %w", c.words[0], err)
	}
	return nil
}

// withoutSecrets leaves this program's own settings out, passwords among them.
func withoutSecrets(environment []string) (kept []string) {
	for _, pair := range environment {
		if !strings.HasPrefix(pair, "BANSHIFT_") {
			kept = append(kept, pair)
		}
	}
	return kept
}
