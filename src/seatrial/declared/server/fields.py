"""Forms of fields that the OpenAPI document does not tell: `field:form` for values, `field/form` for keys.

From the validation of Kubernetes itself (pkg/apis/*/validation); held by tests/differential/test_server.py.
"""

from __future__ import annotations

import seatrial.declared.server.forms
from seatrial.declared.server.formats import FORMS, Form

_REGISTERED = seatrial.declared.server.forms
"""Imported for the forms that it names."""
_FIELDS = """
meta.v1.ObjectMeta labels/qualified labels:label-value annotations/qualified namespace:label
meta.v1.ObjectMeta finalizers:finalizer
meta.v1.LabelSelector matchLabels/qualified matchLabels:label-value
meta.v1.LabelSelectorRequirement key:qualified values:label-value
apps.v1.DeploymentSpec replicas:not-negative minReadySeconds:not-negative revisionHistoryLimit:not-negative
apps.v1.DeploymentSpec progressDeadlineSeconds:not-negative
apps.v1.RollingUpdateDeployment maxSurge:percent maxUnavailable:percent-to-100
apps.v1.RollingUpdateDaemonSet maxSurge:percent-to-100 maxUnavailable:percent-to-100
apps.v1.RollingUpdateStatefulSetStrategy partition:not-negative
apps.v1.ReplicaSetSpec replicas:not-negative minReadySeconds:not-negative
apps.v1.StatefulSetSpec serviceName:label replicas:not-negative minReadySeconds:not-negative
apps.v1.StatefulSetOrdinals start:not-negative
apps.v1.DaemonSetSpec minReadySeconds:not-negative revisionHistoryLimit:not-negative
apps.v1.ControllerRevision revision:not-negative
core.v1.ReplicationControllerSpec replicas:not-negative minReadySeconds:not-negative
batch.v1.JobSpec parallelism:not-negative completions:not-negative backoffLimit:not-negative
batch.v1.JobSpec activeDeadlineSeconds:not-negative ttlSecondsAfterFinished:not-negative
batch.v1.JobSpec backoffLimitPerIndex:not-negative maxFailedIndexes:not-negative managedBy:domain-path
batch.v1.JobSpec managedBy:not-empty completionMode:not-empty podReplacementPolicy:not-empty
batch.v1.PodFailurePolicyOnPodConditionsPattern type:qualified status:truth
batch.v1.SuccessPolicyRule succeededCount:not-negative
batch.v1.CronJobSpec startingDeadlineSeconds:not-negative schedule:cron timeZone:time-zone timeZone:not-empty
batch.v1.CronJobSpec successfulJobsHistoryLimit:not-negative failedJobsHistoryLimit:not-negative
core.v1.PodSpec nodeSelector/qualified nodeSelector:label-value nodeName:subdomain
core.v1.PodSpec serviceAccountName:subdomain
core.v1.PodSpec activeDeadlineSeconds:seconds hostname:label subdomain:label priorityClassName:subdomain
core.v1.PodSpec runtimeClassName:subdomain overhead:amount overhead/container-resource
core.v1.PodSpec terminationGracePeriodSeconds:grace
core.v1.PodSpec hostnameOverride:subdomain hostnameOverride:not-empty
core.v1.PodSpec runtimeClassName:not-empty preemptionPolicy:not-empty
core.v1.PodSecurityContext runAsUser:user runAsGroup:user fsGroup:user supplementalGroups:user
core.v1.SecurityContext runAsUser:user runAsGroup:user
core.v1.Sysctl name:sysctl
core.v1.PodOS name:os
core.v1.SeccompProfile localhostProfile:below
core.v1.PodReadinessGate conditionType:qualified
core.v1.PodSchedulingGate name:qualified
core.v1.PodDNSConfig nameservers:address searches:search-domain
core.v1.PodDNSConfigOption name:not-empty
core.v1.HostAlias ip:address hostnames:subdomain
core.v1.Toleration key:qualified
core.v1.NodeSelectorRequirement key:qualified
core.v1.PreferredSchedulingTerm weight:weight
core.v1.WeightedPodAffinityTerm weight:weight
core.v1.PodAffinityTerm topologyKey:qualified namespaces:label
core.v1.PodAffinityTerm matchLabelKeys:qualified mismatchLabelKeys:qualified
core.v1.TopologySpreadConstraint maxSkew:positive minDomains:positive matchLabelKeys:qualified
core.v1.Container name:label
core.v1.EphemeralContainer name:label
core.v1.ContainerPort containerPort:port hostPort:port-or-0 name:port-name
core.v1.EnvVar name:environment
core.v1.EnvFromSource prefix:environment
core.v1.ConfigMapEnvSource name:subdomain
core.v1.SecretEnvSource name:subdomain
core.v1.ConfigMapKeySelector key:key name:subdomain
core.v1.SecretKeySelector key:key name:subdomain
core.v1.Probe initialDelaySeconds:not-negative timeoutSeconds:not-negative periodSeconds:not-negative
core.v1.Probe successThreshold:not-negative failureThreshold:not-negative
core.v1.Probe terminationGracePeriodSeconds:positive
core.v1.HTTPGetAction port:port-or-name
core.v1.TCPSocketAction port:port-or-name
core.v1.GRPCAction port:port
core.v1.HTTPHeader name:header
core.v1.ResourceRequirements limits:amount limits/container-resource
core.v1.ResourceRequirements requests:amount requests/container-resource
core.v1.VolumeResourceRequirements limits/claim-resource
core.v1.VolumeResourceRequirements requests:amount requests/claim-resource
core.v1.VolumeMount subPath:below subPathExpr:below mountPropagation:not-empty
core.v1.VolumeDevice devicePath:no-steps-back
core.v1.Volume name:label
core.v1.EmptyDirVolumeSource sizeLimit:amount
core.v1.HostPathVolumeSource path:no-steps-back
core.v1.NFSVolumeSource path:absolute
core.v1.ConfigMapVolumeSource defaultMode:mode
core.v1.SecretVolumeSource defaultMode:mode
core.v1.ProjectedVolumeSource defaultMode:mode
core.v1.DownwardAPIVolumeSource defaultMode:mode
core.v1.KeyToPath mode:mode path:below-own key:not-empty
core.v1.DownwardAPIVolumeFile mode:mode path:below-own
core.v1.ServiceAccountTokenProjection path:below-own expirationSeconds:token-seconds
core.v1.ClusterTrustBundleProjection path:below-own
core.v1.CSIVolumeSource driver:driver
core.v1.CSIPersistentVolumeSource driver:driver
core.v1.PersistentVolumeClaimSpec storageClassName:subdomain volumeAttributesClassName:subdomain
core.v1.PersistentVolumeClaimSpec volumeMode:not-empty
core.v1.PersistentVolumeSpec storageClassName:subdomain capacity:amount volumeMode:not-empty
core.v1.ServicePort port:port targetPort:port-or-name-or-0 nodePort:node-port name:label
core.v1.ServicePort appProtocol:qualified appProtocol:not-empty
core.v1.ServiceSpec selector/qualified selector:label-value healthCheckNodePort:port-or-0
core.v1.ServiceSpec externalIPs:address loadBalancerSourceRanges:network
core.v1.ServiceSpec trafficDistribution:traffic loadBalancerClass:qualified
core.v1.ServiceSpec trafficDistribution:not-empty loadBalancerClass:not-empty ipFamilyPolicy:not-empty
core.v1.ServiceSpec internalTrafficPolicy:not-empty ipFamilies:not-empty
core.v1.ClientIPConfig timeoutSeconds:day
core.v1.ConfigMap data/key binaryData/key
core.v1.Secret data/key stringData/key
core.v1.ResourceQuotaSpec hard:amount hard/standard-resource
core.v1.LimitRangeItem type:limit-type max/standard-resource min/standard-resource default/standard-resource
core.v1.LimitRangeItem defaultRequest/standard-resource maxLimitRequestRatio/standard-resource
core.v1.NodeSpec podCIDR:network
core.v1.FileKeySelector key:environment volumeName:label path:no-steps-back
core.v1.GitRepoVolumeSource directory:below
core.v1.AWSElasticBlockStoreVolumeSource partition:byte
core.v1.GCEPersistentDiskVolumeSource partition:byte
core.v1.ISCSIVolumeSource lun:byte
core.v1.ISCSIPersistentVolumeSource lun:byte
core.v1.FCVolumeSource lun:byte
core.v1.PodSecurityContext seLinuxChangePolicy:relabelling seLinuxChangePolicy:not-empty
core.v1.PodSecurityContext fsGroupChangePolicy:not-empty supplementalGroupsPolicy:not-empty
core.v1.Taint key:qualified value:label-value
core.v1.EndpointAddress ip:address
core.v1.EndpointPort port:port appProtocol:qualified appProtocol:not-empty
autoscaling.v2.HorizontalPodAutoscalerSpec minReplicas:positive maxReplicas:positive
autoscaling.v1.HorizontalPodAutoscalerSpec minReplicas:positive maxReplicas:positive
autoscaling.v1.HorizontalPodAutoscalerSpec targetCPUUtilizationPercentage:positive
autoscaling.v2.HPAScalingRules selectPolicy:select-policy selectPolicy:not-empty
autoscaling.v2.HPAScalingRules stabilizationWindowSeconds:hour tolerance:amount
autoscaling.v2.HPAScalingPolicy type:scaling-policy value:positive periodSeconds:half-hour
autoscaling.v2.MetricTarget averageUtilization:positive averageValue:more-than-none value:more-than-none
autoscaling.v2.CrossVersionObjectReference kind:segment name:segment apiVersion:group-version
autoscaling.v1.CrossVersionObjectReference kind:segment name:segment apiVersion:group-version
autoscaling.v2.MetricIdentifier name:segment
autoscaling.v2.ContainerResourceMetricSource name:container-resource container:label
autoscaling.v2.MetricSpec type:metric
policy.v1.PodDisruptionBudgetSpec minAvailable:percent-to-100 maxUnavailable:percent-to-100
policy.v1.PodDisruptionBudgetSpec unhealthyPodEvictionPolicy:not-empty
networking.v1.NetworkPolicyPort port:port-or-name endPort:port
networking.v1.IPBlock cidr:network except:network
networking.v1.IngressSpec ingressClassName:subdomain
networking.v1.IngressTLS hosts:wildcard secretName:subdomain
networking.v1.IngressRule host:host
networking.v1.IngressServiceBackend name:label
networking.v1.ServiceBackendPort number:port-or-0 name:port-name
networking.v1.IngressClassSpec controller:domain-path controller:250
networking.v1.IngressClassParametersReference apiGroup:subdomain kind:segment name:segment
networking.v1.IngressClassParametersReference namespace:label scope:scope scope:not-empty
rbac.v1.RoleRef name:segment
scheduling.v1.PriorityClass value:priority preemptionPolicy:not-empty
flowcontrol.v1.PriorityLevelConfigurationReference name:subdomain
flowcontrol.v1.LimitedPriorityLevelConfiguration nominalConcurrencyShares:not-negative
flowcontrol.v1.LimitedPriorityLevelConfiguration borrowingLimitPercent:not-negative lendablePercent:0-100
flowcontrol.v1.ExemptPriorityLevelConfiguration nominalConcurrencyShares:not-negative lendablePercent:0-100
coordination.v1.LeaseSpec leaseDurationSeconds:positive leaseTransitions:not-negative
discovery.v1.EndpointPort name:label appProtocol:qualified appProtocol:not-empty protocol:not-empty
discovery.v1.Endpoint hostname:label hostname:not-empty nodeName:subdomain nodeName:not-empty
node.v1.RuntimeClass handler:label
node.v1.Overhead podFixed:amount podFixed/container-resource
node.v1.Scheduling nodeSelector/qualified nodeSelector:label-value
networking.v1.ServiceCIDRSpec cidrs:network
resource.v1.OpaqueDeviceConfiguration driver:subdomain
storage.v1.StorageClass provisioner:provisioner
storage.v1.VolumeAttributesClass driverName:provisioner
storage.v1.VolumeAttachmentSpec attacher:provisioner
storage.v1.CSIDriverSpec fsGroupPolicy:ownership volumeLifecycleModes:lifetime
storage.v1.TokenRequest expirationSeconds:token-seconds
apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted:retention whenScaled:retention
core.v1.TopologySelectorLabelRequirement key:qualified
admissionregistration.v1.ValidatingWebhook name:qualified-webhook timeoutSeconds:webhook-seconds
admissionregistration.v1.MutatingWebhook name:qualified-webhook timeoutSeconds:webhook-seconds
admissionregistration.v1.ServiceReference port:port path:absolute
admissionregistration.v1.ValidatingWebhook matchPolicy:not-empty failurePolicy:not-empty
admissionregistration.v1.MutatingWebhook matchPolicy:not-empty failurePolicy:not-empty
admissionregistration.v1.MutatingWebhook reinvocationPolicy:not-empty
admissionregistration.v1.MatchResources matchPolicy:not-empty
admissionregistration.v1.ValidatingAdmissionPolicySpec failurePolicy:not-empty
admissionregistration.v1.MutatingAdmissionPolicySpec failurePolicy:not-empty
admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec policyName:subdomain
admissionregistration.v1.MutatingAdmissionPolicyBindingSpec policyName:subdomain
admissionregistration.v1.ParamRef parameterNotFoundAction:allow-or-deny
"""
_LAX = """
core.v1.LocalObjectReference name
core.v1.LimitRangeSpec limits
batch.v1.PodFailurePolicy rules
apiextensions.v1.CustomResourceDefinitionVersion served storage
core.v1.TypedLocalObjectReference kind name
core.v1.Sysctl value
core.v1.HTTPHeader value
core.v1.SleepAction seconds
meta.v1.Condition lastTransitionTime message reason status type
"""
"""Required by the OpenAPI document, and yet the server takes an object without."""


_NEEDED = """
core.v1.Container image
apps.v1.Deployment spec
apps.v1.ReplicaSet spec
apps.v1.StatefulSet spec
apps.v1.DaemonSet spec
batch.v1.Job spec
batch.v1.CronJob spec
batch.v1.JobTemplateSpec spec
core.v1.Pod spec
core.v1.PodTemplate template
core.v1.PodTemplateSpec spec
core.v1.ReplicationController spec
core.v1.Service spec
core.v1.PersistentVolumeClaim spec
core.v1.PersistentVolume spec
autoscaling.v1.HorizontalPodAutoscaler spec
autoscaling.v2.HorizontalPodAutoscaler spec
networking.v1.Ingress spec
networking.v1.IngressClass spec
networking.v1.IngressClassSpec controller
admissionregistration.v1.RuleWithOperations apiGroups apiVersions resources operations
admissionregistration.v1.NamedRuleWithOperations apiGroups apiVersions resources operations
admissionregistration.v1.ValidatingAdmissionPolicy spec
admissionregistration.v1.ParamRef parameterNotFoundAction
admissionregistration.v1.MutatingAdmissionPolicy spec
admissionregistration.v1.MutatingAdmissionPolicySpec matchConstraints mutations reinvocationPolicy
admissionregistration.v1.MutatingAdmissionPolicyBindingSpec policyName
flowcontrol.v1.PriorityLevelConfiguration spec
flowcontrol.v1.FlowSchema spec
flowcontrol.v1.LimitedPriorityLevelConfiguration limitResponse
core.v1.EphemeralContainer image
core.v1.EphemeralVolumeSource volumeClaimTemplate
core.v1.PodDNSConfigOption name
core.v1.ExecAction command
core.v1.ConfigMapEnvSource name
core.v1.SecretEnvSource name
core.v1.ConfigMapKeySelector name
core.v1.SecretKeySelector name
core.v1.ConfigMapVolumeSource name
core.v1.SecretVolumeSource secretName
core.v1.ConfigMapProjection name
core.v1.SecretProjection name
core.v1.PersistentVolumeClaimSpec accessModes
core.v1.PersistentVolumeSpec accessModes
core.v1.ReplicationControllerSpec template
rbac.v1.AggregationRule clusterRoleSelectors
rbac.v1.PolicyRule verbs
"""
"""Not required by the OpenAPI document, and yet the server refuses an object without."""


def _by_definition(written: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in written.splitlines():
        definition, *entries = line.split(" ") if line else [""]
        found.setdefault(definition, []).extend(entries)
    return found


_ENTRIES = _by_definition(_FIELDS)
_NOT_ENFORCED = _by_definition(_LAX)
_ENFORCED = _by_definition(_NEEDED)


class Forms:
    """The forms of one field: of its values, and of its keys where it is a mapping."""

    __slots__ = ("keys", "values")

    def __init__(self) -> None:
        self.values: list[Form] = []
        self.keys: list[Form] = []


def forms_of(definition: str) -> dict[str, Forms]:
    """field -> what its values and keys are held to."""
    found: dict[str, Forms] = {}
    for entry in _ENTRIES.get(definition, ()):
        separator = ":" if ":" in entry else "/"
        field, _, name = entry.partition(separator)
        forms = found.setdefault(field, Forms())
        (forms.values if separator == ":" else forms.keys).append(FORMS[name])
    return found


def not_enforced(definition: str) -> list[str]:
    """Fields that the document requires and the server does not."""
    return _NOT_ENFORCED.get(definition, [])


def enforced(definition: str) -> list[str]:
    """Fields that the server requires, and the document does not."""
    return _ENFORCED.get(definition, [])
