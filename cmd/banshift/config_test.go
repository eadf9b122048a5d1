package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "banshift.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfigPrecedence(t *testing.T) {
	file := writeConfig(t, "store: from-file\ningest:\n  workers: 3\nlists:\n- path: a.csv\n  kind: vpn\n")
	t.Setenv("BANSHIFT_INGEST_BATCH_RECORDS", "1234")
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.String("store", "", "")
	if err := flags.Set("store", "from-flag"); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(file, flags)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Store != "from-flag" || cfg.Ingest.Workers != 3 || cfg.Ingest.BatchRecords != 1234 || cfg.Analysis.BeforeDays != 28 {
		t.Errorf("got store %q, workers %d, batch_records %d, before_days %d", cfg.Store, cfg.Ingest.Workers, cfg.Ingest.BatchRecords, cfg.Analysis.BeforeDays)
	}
	if len(cfg.Lists) != 1 || cfg.Lists[0].Kind != "vpn" {
		t.Errorf("lists %+v", cfg.Lists)
	}
}

func TestBadConfigNamesTheKey(t *testing.T) {
	for text, want := range map[string]string{
		"storr: x\n":                             "there is no setting storr",
		"ingest:\n  batch_rows: 1\n":             "ingest has no setting batch_rows",
		"ingest:\n  batch_records: -1\n":         "ingest.batch_records",
		"ingest:\n  batch_records: many\n":       "batch_records",
		"privacy:\n  raw_clients: keep\n":        "privacy.raw_clients",
		"lists:\n- path: x\n  validfrom: 2018\n": "validfrom",
		"store: [\n":                             "banshift.yaml",
	} {
		_, err := loadConfig(writeConfig(t, text), pflag.NewFlagSet("", pflag.ContinueOnError))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error that names %s", text, err, want)
		}
	}
}

func TestSecretsAreHidden(t *testing.T) {
	cfg := Config{Store: "clickhouse://me:hunter2@db:9000/b", Kafka: KafkaConfig{Password: "hunter2"}}.withoutSecrets()
	if strings.Contains(cfg.Store+cfg.Kafka.Password, "hunter2") {
		t.Errorf("%+v shows a password", cfg)
	}
}

// TestStrayVariables: what is like a setting is one misspelt; what tests and make targets are told is not.
func TestStrayVariables(t *testing.T) {
	misspelt := []string{"BANSHIFT_HOEM", "BANSHIFT_INGEST_WORKER", "BANSHIFT_METRICS_ADDRESS", "BANSHIFT_STORE_PASWORD", "BANSHIFT_STROE"}
	if stray := strayVariables(append(misspelt, "BANSHIFT_STORE", "PATH")); !slices.Equal(stray, misspelt) {
		t.Errorf("got %v, want %v", stray, misspelt)
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "../../Makefile") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\bBANSHIFT_[A-Z_]*[A-Z]`).FindAllString(string(text), -1) {
			if stray := strayVariables([]string{name}); len(stray) > 0 && !slices.Contains(misspelt, name) {
				t.Errorf("%s: %s is taken for a setting", file, name)
			}
		}
	}
}

// TestPasswordsInFiles: what a container is given as a file is a password, and no stray variable.
func TestPasswordsInFiles(t *testing.T) {
	file := write(t, "secret", "sesame\n")
	var set []string
	for _, name := range []string{"BANSHIFT_KAFKA_PASSWORD_FILE", "BANSHIFT_SMTP_PASSWORD_FILE", "BANSHIFT_STORE_PASSWORD_FILE"} {
		t.Setenv(name, file)
		set = append(set, name+"="+file)
	}
	cfg, err := loadConfig("", nil)
	if err != nil || cfg.Kafka.Password != "sesame" || cfg.SMTP.Password != "sesame" {
		t.Errorf("%q %q %v", cfg.Kafka.Password, cfg.SMTP.Password, err)
	}
	if stray := strayVariables(set); len(stray) > 0 {
		t.Errorf("stray: %v", stray)
	}
	t.Setenv("BANSHIFT_KAFKA_PASSWORD_FILE", file+"-gone")
	if _, err := loadConfig("", nil); err == nil || !strings.Contains(err.Error(), "BANSHIFT_KAFKA_PASSWORD_FILE") {
		t.Error(err)
	}
}
