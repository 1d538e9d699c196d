"""How pods take ConfigMaps and Secrets: what kubelet replaces while they run, and what never changes."""

from seatrial.declared.configured import ways_of


def container(name="app", **parts):
    return {"name": name, **parts}


def spec(*containers, volumes=()):
    return {"containers": list(containers), "volumes": list(volumes)}


def mounts(*given):
    return [{"name": "v", "mountPath": "/etc/app", **one} for one in given]


VOLUME = {"name": "v", "configMap": {"name": "web-4h2k9d8f7g"}}


def test_a_folder_changes_and_a_single_file_does_not():
    pod = spec(
        container(volumeMounts=mounts({}, {"mountPath": "/a.json", "subPath": "a.json"})),
        container("beside", volumeMounts=mounts({"subPathExpr": "$(POD).json"})),
        volumes=[VOLUME],
    )
    assert [(way.name, way.words, way.at_start) for way in ways_of(pod, "ConfigMap", "web")] == [
        ("web-4h2k9d8f7g", "/etc/app of container app is mounted as a folder", False),
        ("web-4h2k9d8f7g", "/a.json of container app is mounted by subPath (a.json)", True),
        ("web-4h2k9d8f7g", "/etc/app of container beside is mounted by subPath ($(POD).json)", True),
    ]


def test_projected_volumes_count():
    volume = {
        "name": "v",
        "projected": {"sources": [{"secret": {"name": "s"}}, {"configMap": {"name": "web"}}]},
    }
    assert [
        way.at_start
        for way in ways_of(spec(container(volumeMounts=mounts({})), volumes=[volume]), "ConfigMap", "web")
    ] == [False]


def test_the_environment_is_made_at_the_start():
    variable = {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "web", "key": "level"}}}
    pod = spec(
        container(envFrom=[{"configMapRef": {"name": "web"}}], env=[variable, {"name": "A", "value": "b"}])
    )
    assert [(way.words, way.at_start) for way in ways_of(pod, "ConfigMap", "web")] == [
        ("the environment of container app is made of it", True),
        ("the variable LEVEL of container app is made of it", True),
    ]


def test_secrets_are_taken_in_the_same_ways():
    volume = {"name": "v", "secret": {"secretName": "web"}}
    whole = {
        "name": "w",
        "projected": {"sources": [{"secret": {"name": "web"}}, {"configMap": {"name": "x"}}]},
    }
    variable = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "web", "key": "k"}}}
    mounted = [*mounts({"subPath": "k"}), {"name": "w", "mountPath": "/w"}]
    pod = spec(
        container(volumeMounts=mounted, envFrom=[{"secretRef": {"name": "web"}}], env=[variable]),
        volumes=[volume, whole],
    )
    assert [way.words for way in ways_of(pod, "Secret", "web")] == [
        "/etc/app of container app is mounted by subPath (k)",
        "/w of container app is mounted as a folder",
        "the environment of container app is made of it",
        "the variable KEY of container app is made of it",
    ]
    assert [way.words for way in ways_of(pod, "ConfigMap", "x")] == [
        "/w of container app is mounted as a folder"
    ]


def test_the_exact_name_counts_before_one_with_a_hash():
    both = [VOLUME, {"name": "w", "configMap": {"name": "web"}}]
    pod = spec(container(volumeMounts=[*mounts({}), {"name": "w", "mountPath": "/w"}]), volumes=both)
    assert [way.name for way in ways_of(pod, "ConfigMap", "web")] == ["web"]
    assert (
        ways_of(pod, "ConfigMap", "web-4h2k9d8f7g")[0].words
        == "/etc/app of container app is mounted as a folder"
    )
    assert ways_of(pod, "ConfigMap", "other") == []
    assert ways_of({}, "ConfigMap", "web") == []
