// What containers use, for Prometheus: the packages of cadvisor that Kubernetes vendors, put together as in cadvisor's
// own program. They read most of its options; those of the program itself that are rendered are read here. For tests,
// every container is looked at each second, and what nobody asks for is left out.
package main

import (
	"flag"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/google/cadvisor/cache/memory"
	"github.com/google/cadvisor/container"
	_ "github.com/google/cadvisor/container/docker/install"
	info "github.com/google/cadvisor/info/v2"
	"github.com/google/cadvisor/manager"
	"github.com/google/cadvisor/metrics"
	"github.com/google/cadvisor/utils/sysfs"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/utils/clock"
)

var all = flag.Bool("store_container_labels", true, "tell all labels of containers")
var some = flag.String("whitelisted_container_labels", "", "the labels of containers that are told else")

func main() {
	flag.Parse()
	told := container.MetricSet{
		container.CpuUsageMetrics: {}, container.MemoryUsageMetrics: {}, container.DiskIOMetrics: {},
		container.NetworkUsageMetrics: {},
	}
	dynamic := true
	every := manager.HouskeepingConfig{Interval: manager.HousekeepingInterval, AllowDynamic: &dynamic}
	kept := memory.New(2*time.Minute, nil)
	found, err := manager.New(kept, sysfs.NewRealSysFs(), every, told, http.DefaultClient, []string{""}, "")
	if err != nil {
		log.Fatal(err)
	}
	if err := found.Start(); err != nil {
		log.Fatal(err)
	}
	labels := metrics.DefaultContainerLabels
	if !*all {
		labels = metrics.BaseContainerLabels(strings.Split(*some, ","))
	}
	last := info.RequestOptions{IdType: info.TypeName, Count: 1, Recursive: true}
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.NewPrometheusCollector(found, labels, told, clock.RealClock{}, last))
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	log.Fatal(http.ListenAndServe(":8080", nil))
}
