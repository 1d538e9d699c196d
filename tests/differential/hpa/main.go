// Command hpa decides cases with the HorizontalPodAutoscaler controller of k8s.io/kubernetes itself.
//
// It reads one case a line from standard input (JSON; see tests/support/hpa_cases.py) and prints what the
// controller did, one line each. Nothing of the controller is copied: its reconciliation is called as it is, with
// stand-ins for the API server, the scale client and the metrics client. Ages are seconds before the decision.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"time"
	"unsafe"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/informers"
	autoscalingclient "k8s.io/client-go/kubernetes/typed/autoscaling/v2"
	v1core "k8s.io/client-go/kubernetes/typed/core/v1"
	scaleclient "k8s.io/client-go/scale"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
	defaults "k8s.io/kubernetes/pkg/apis/autoscaling/v2"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
)

const namespace = "case"

//go:linkname reconcile k8s.io/kubernetes/pkg/controller/podautoscaler.(*HorizontalController).reconcileAutoscaler
func reconcile(a *podautoscaler.HorizontalController, ctx context.Context, hpa *autoscaling.HorizontalPodAutoscaler, key string) error

type (
	podCase struct {
		Name        string
		Phase       string
		Deleting    bool
		Ready       string
		ReadyAge    float64
		StartAge    *float64
		Requests    map[string]map[string]int64
		PodRequests map[string]int64
	}
	sampleCase struct {
		Value  int64
		Age    float64
		Window float64
	}
	metricCase struct {
		Kind, TargetType, Resource, Container string
		Target                                int64
		Samples                               map[string]sampleCase
		Values                                []int64
		Failure                               string
	}
	policyCase struct {
		Kind          string
		Value, Period int32
	}
	rulesCase struct {
		Stabilization *int32
		Select        *string
		Policies      []policyCase
		Tolerance     *int64
	}
	past struct {
		Age   float64
		Count int32
	}
	hpaCase struct {
		Spec, Status    int32
		Minimum         int32
		Maximum         int32
		Pods            []podCase
		Metrics         []metricCase
		Behavior        *struct{ Up, Down *rulesCase }
		Recommendations []past
		Grown, Shrunk   []past
		ScaleToZero     bool
		ScaledToZero    bool
	}
	answer struct {
		Replicas      int32
		Able, Limited string
		Active        string
	}
)

// The controller's own records, by their layout: their types are not exported.
type recommendation struct {
	replicas int32
	at       time.Time
}
type scaleEvent struct {
	change   int32
	at       time.Time
	outdated bool
}

// world stands in for everything outside of the controller.
type world struct {
	input  hpaCase
	now    time.Time
	scaled *int32
	status autoscaling.HorizontalPodAutoscalerStatus
}

func (w *world) ago(seconds float64) time.Time {
	return w.now.Add(-time.Duration(seconds * float64(time.Second)))
}

type scales struct {
	scaleclient.ScaleInterface
	w *world
}

func (s scales) Scales(string) scaleclient.ScaleInterface { return s }

func (s scales) Get(context.Context, schema.GroupResource, string, metav1.GetOptions) (*autoscalingv1.Scale, error) {
	return &autoscalingv1.Scale{
		Spec:   autoscalingv1.ScaleSpec{Replicas: s.w.input.Spec},
		Status: autoscalingv1.ScaleStatus{Replicas: s.w.input.Status, Selector: "app=case"},
	}, nil
}

func (s scales) Update(_ context.Context, _ schema.GroupResource, scale *autoscalingv1.Scale, _ metav1.UpdateOptions) (*autoscalingv1.Scale, error) {
	replicas := scale.Spec.Replicas
	s.w.scaled = &replicas
	return scale, nil
}

type autoscalers struct {
	autoscalingclient.HorizontalPodAutoscalerInterface
	w *world
}

func (a autoscalers) HorizontalPodAutoscalers(string) autoscalingclient.HorizontalPodAutoscalerInterface {
	return a
}

func (a autoscalers) UpdateStatus(_ context.Context, hpa *autoscaling.HorizontalPodAutoscaler, _ metav1.UpdateOptions) (*autoscaling.HorizontalPodAutoscaler, error) {
	a.w.status = hpa.Status
	return hpa, nil
}

type events struct{ v1core.EventInterface }

func (e events) Events(string) v1core.EventInterface { return e }

func (e events) CreateWithEventNamespace(event *v1.Event) (*v1.Event, error) { return event, nil }

func (e events) UpdateWithEventNamespace(event *v1.Event) (*v1.Event, error) { return event, nil }

func (e events) PatchWithEventNamespace(event *v1.Event, _ []byte) (*v1.Event, error) {
	return event, nil
}

type mapper struct{ meta.RESTMapper }

func (mapper) RESTMappings(schema.GroupKind, ...string) ([]*meta.RESTMapping, error) {
	return []*meta.RESTMapping{{Resource: schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}}}, nil
}

// readings answers the metrics client's questions; the metric's name is its number in the case.
type readings struct{ w *world }

func (r readings) metric(name string) (metricCase, error) {
	var number int
	if _, err := fmt.Sscanf(name, "m%d", &number); err != nil {
		return metricCase{}, err
	}
	return r.checked(r.w.input.Metrics[number])
}

func (r readings) checked(m metricCase) (metricCase, error) {
	if m.Failure != "" {
		return m, fmt.Errorf("%s", m.Failure)
	}
	if len(m.Samples)+len(m.Values) == 0 {
		return m, fmt.Errorf("no metrics returned")
	}
	return m, nil
}

func (r readings) samples(m metricCase) metrics.PodMetricsInfo {
	info := metrics.PodMetricsInfo{}
	for name, s := range m.Samples {
		info[name] = metrics.PodMetric{
			Timestamp: r.w.ago(s.Age), Window: time.Duration(s.Window * float64(time.Second)), Value: s.Value,
		}
	}
	return info
}

func (r readings) GetResourceMetric(_ context.Context, name v1.ResourceName, _ string, _ labels.Selector, container string) (metrics.PodMetricsInfo, time.Time, error) {
	for _, m := range r.w.input.Metrics {
		if (m.Kind == "Resource" || m.Kind == "ContainerResource") && m.Resource == string(name) && m.Container == container {
			found, err := r.checked(m)
			return r.samples(found), r.w.now, err
		}
	}
	return nil, time.Time{}, fmt.Errorf("no such metric")
}

func (r readings) GetRawMetric(name string, _ string, _ labels.Selector, _ labels.Selector) (metrics.PodMetricsInfo, time.Time, error) {
	m, err := r.metric(name)
	return r.samples(m), r.w.now, err
}

func (r readings) GetObjectMetric(name string, _ string, _ *autoscaling.CrossVersionObjectReference, _ labels.Selector) (int64, time.Time, error) {
	m, err := r.metric(name)
	if err != nil {
		return 0, time.Time{}, err
	}
	return m.Values[0], r.w.now, nil
}

func (r readings) GetExternalMetric(name string, _ string, _ labels.Selector) ([]int64, time.Time, error) {
	m, err := r.metric(name)
	return m.Values, r.w.now, err
}

func milli(value int64) *resource.Quantity {
	return resource.NewMilliQuantity(value, resource.DecimalSI)
}

func (w *world) pod(p podCase) *v1.Pod {
	pod := &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: namespace, Labels: map[string]string{"app": "case"}},
		Status:     v1.PodStatus{Phase: v1.PodPhase(p.Phase)},
	}
	if p.Deleting {
		pod.DeletionTimestamp = &metav1.Time{Time: w.now}
	}
	if p.StartAge != nil {
		pod.Status.StartTime = &metav1.Time{Time: w.ago(*p.StartAge)}
	}
	if p.Ready != "" {
		pod.Status.Conditions = []v1.PodCondition{{
			Type: v1.PodReady, Status: v1.ConditionStatus(p.Ready), LastTransitionTime: metav1.Time{Time: w.ago(p.ReadyAge)},
		}}
	}
	for name, requests := range p.Requests {
		container := v1.Container{Name: name, Resources: v1.ResourceRequirements{Requests: v1.ResourceList{}}}
		for kind, value := range requests {
			container.Resources.Requests[v1.ResourceName(kind)] = *milli(value)
		}
		pod.Spec.Containers = append(pod.Spec.Containers, container)
	}
	if len(p.PodRequests) > 0 {
		pod.Spec.Resources = &v1.ResourceRequirements{Requests: v1.ResourceList{}}
		for kind, value := range p.PodRequests {
			pod.Spec.Resources.Requests[v1.ResourceName(kind)] = *milli(value)
		}
	}
	return pod
}

func target(m metricCase) autoscaling.MetricTarget {
	result := autoscaling.MetricTarget{Type: autoscaling.MetricTargetType(m.TargetType)}
	switch m.TargetType {
	case "Utilization":
		percent := int32(m.Target)
		result.AverageUtilization = &percent
	case "AverageValue":
		result.AverageValue = milli(m.Target)
	case "Value":
		result.Value = milli(m.Target)
	}
	return result
}

func metricSpec(number int, m metricCase) autoscaling.MetricSpec {
	spec := autoscaling.MetricSpec{Type: autoscaling.MetricSourceType(m.Kind)}
	identifier := autoscaling.MetricIdentifier{Name: fmt.Sprintf("m%d", number)}
	switch m.Kind {
	case "Resource":
		spec.Resource = &autoscaling.ResourceMetricSource{Name: v1.ResourceName(m.Resource), Target: target(m)}
	case "ContainerResource":
		spec.ContainerResource = &autoscaling.ContainerResourceMetricSource{
			Name: v1.ResourceName(m.Resource), Container: m.Container, Target: target(m),
		}
	case "Pods":
		spec.Pods = &autoscaling.PodsMetricSource{Metric: identifier, Target: target(m)}
	case "Object":
		spec.Object = &autoscaling.ObjectMetricSource{
			Metric: identifier, Target: target(m),
			DescribedObject: autoscaling.CrossVersionObjectReference{Kind: "Service", Name: "case"},
		}
	case "External":
		spec.External = &autoscaling.ExternalMetricSource{Metric: identifier, Target: target(m)}
	}
	return spec
}

func rules(r *rulesCase) *autoscaling.HPAScalingRules {
	if r == nil {
		return nil
	}
	result := &autoscaling.HPAScalingRules{StabilizationWindowSeconds: r.Stabilization}
	if r.Select != nil {
		chosen := autoscaling.ScalingPolicySelect(*r.Select)
		result.SelectPolicy = &chosen
	}
	for _, p := range r.Policies {
		result.Policies = append(result.Policies, autoscaling.HPAScalingPolicy{
			Type: autoscaling.HPAScalingPolicyType(p.Kind), Value: p.Value, PeriodSeconds: p.Period,
		})
	}
	if r.Tolerance != nil {
		result.Tolerance = milli(*r.Tolerance)
	}
	return result
}

func (w *world) autoscaler(name string) *autoscaling.HorizontalPodAutoscaler {
	in := w.input
	hpa := &autoscaling.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace},
		Spec: autoscaling.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscaling.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "case"},
			MinReplicas:    &in.Minimum,
			MaxReplicas:    in.Maximum,
		},
	}
	for number, m := range in.Metrics {
		hpa.Spec.Metrics = append(hpa.Spec.Metrics, metricSpec(number, m))
	}
	if in.Behavior != nil {
		hpa.Spec.Behavior = &autoscaling.HorizontalPodAutoscalerBehavior{ScaleUp: rules(in.Behavior.Up), ScaleDown: rules(in.Behavior.Down)}
	}
	defaults.SetDefaults_HorizontalPodAutoscalerBehavior(hpa)
	if in.ScaledToZero {
		hpa.Status.Conditions = []autoscaling.HorizontalPodAutoscalerCondition{{Type: autoscaling.ScaledToZero, Status: v1.ConditionTrue}}
	}
	return hpa
}

// memory gives a private map of the controller, as the type that its layout has.
func memory[T any](a *podautoscaler.HorizontalController, name string) map[string][]T {
	field := reflect.ValueOf(a).Elem().FieldByName(name)
	return *(*map[string][]T)(unsafe.Pointer(field.UnsafeAddr()))
}

func (w *world) remember(a *podautoscaler.HorizontalController, key string) {
	for _, p := range w.input.Recommendations {
		all := memory[recommendation](a, "recommendations")
		all[key] = append(all[key], recommendation{p.Count, w.ago(p.Age)})
	}
	for name, list := range map[string][]past{"scaleUpEvents": w.input.Grown, "scaleDownEvents": w.input.Shrunk} {
		all := memory[scaleEvent](a, name)
		for _, p := range list {
			all[key] = append(all[key], scaleEvent{p.Count, w.ago(p.Age), false})
		}
	}
}

func (w *world) decide(a *podautoscaler.HorizontalController, pods cache.Indexer, number int) (answer, error) {
	name := fmt.Sprintf("case-%d", number)
	key := namespace + "/" + name
	w.scaled, w.status = nil, autoscaling.HorizontalPodAutoscalerStatus{}
	w.now = time.Now()
	var objects []interface{}
	for _, p := range w.input.Pods {
		objects = append(objects, w.pod(p))
	}
	if err := pods.Replace(objects, ""); err != nil {
		return answer{}, err
	}
	if err := utilfeature.DefaultMutableFeatureGate.SetFromMap(map[string]bool{"HPAScaleToZero": w.input.ScaleToZero}); err != nil {
		return answer{}, err
	}
	w.remember(a, key)
	_ = reconcile(a, context.Background(), w.autoscaler(name), key) // its error is in the conditions, too
	result := answer{Replicas: w.input.Spec}
	if w.scaled != nil {
		result.Replicas = *w.scaled
	}
	for _, condition := range w.status.Conditions {
		switch condition.Type {
		case autoscaling.AbleToScale:
			result.Able = condition.Reason
		case autoscaling.ScalingLimited:
			result.Limited = condition.Reason
		case autoscaling.ScalingActive:
			result.Active = string(condition.Status)
		}
	}
	return result, nil
}

func main() {
	klog.SetOutput(io.Discard)
	klog.LogToStderr(false)
	w := &world{}
	factory := informers.NewSharedInformerFactory(nil, 0)
	podInformer := factory.Core().V1().Pods()
	controller := podautoscaler.NewHorizontalController(
		context.Background(), events{}, scales{w: w}, autoscalers{w: w}, mapper{}, readings{w},
		factory.Autoscaling().V2().HorizontalPodAutoscalers(), podInformer,
		15*time.Second, 5*time.Minute, 0.1, 5*time.Minute, 30*time.Second,
	)
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<24)
	output := json.NewEncoder(os.Stdout)
	for number := 0; input.Scan(); number++ {
		w.input = hpaCase{}
		err := json.Unmarshal(input.Bytes(), &w.input)
		var result answer
		if err == nil {
			result, err = w.decide(controller, podInformer.Informer().GetIndexer(), number)
		}
		if err == nil {
			err = output.Encode(result)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "case %d: %v\n", number, err)
			os.Exit(1)
		}
	}
	if err := input.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
