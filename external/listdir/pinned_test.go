package listdir

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/transform/enrich"
)

// A list that is asked for in clear has to have a checksum, and a checksum has to be met.
func TestListsInClearNeedAChecksum(t *testing.T) {
	const list = "198.51.100.0/24\n"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(list)) }))
	defer server.Close()
	d, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	want := enrich.ListSource{Format: "prefixes", Kind: enrich.KindVPN, AsOf: time.Unix(1523836800, 0)}
	good := sum([]byte(list))
	for source, wrong := range map[string]string{
		"http://192.0.2.1/list.txt":                           "without a checksum",
		"http://list.example/list.txt":                        "without a checksum",
		server.URL + "/list.txt" + Checksum + "00" + good[2:]: "is to be",
		server.URL + "/list.txt" + Checksum + good:            "",
		server.URL + "/list.txt":                              "",
	} {
		err := d.Update(context.Background(), "list.txt", source, want, time.Unix(1523836800, 0))
		if wrong == "" && err != nil || wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)) {
			t.Errorf("%s: %v, want %q", source, err, wrong)
		}
	}
}
