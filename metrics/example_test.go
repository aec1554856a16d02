package metrics_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/metrics"
)

func ExampleHandler() {
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		panic(err)
	}
	defer r.Close(context.Background())
	helix.Do(context.Background(), r, helix.Hint{Kind: "greet", Cost: 1}, func(context.Context) (string, error) {
		return "hello", nil
	})

	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler(r))

	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "helix_jobs_total") && strings.Contains(lines.Text(), "done") {
			fmt.Println(lines.Text())
		}
	}
	// Output: helix_jobs_total{kind="greet",outcome="done",strategy="inline"} 1
}
