"""Somebody deletes a pod in the middle of an experiment: an error that names it, no failure of the system."""

from __future__ import annotations

from seatrial.waiting import NotYet, Ready, eventually

RESULT = "experiment.delete-pod [catalogue]"


def test_an_experiment_during_which_somebody_deletes_a_pod_is_an_error(person, deployed):
    """Its control, during which nobody does, is the experiment of test_whole_run.py that passes."""
    with person.running_until(
        person.experiment("delete-pod"), "a fault is injected", person.journals
    ) as process:
        victim = victim_of(deployed)
        deployed.delete("Pod", victim)
        text, _ = process.communicate(timeout=240)
    assert process.returncode == 1
    assert f"ERROR {RESULT}" in text
    assert "somebody else disturbed the system meanwhile" in text
    assert f"pod {victim} was deleted, by whom is not known" in text


def victim_of(deployed):
    """A pod of the same workload that stays."""

    def there():
        pods = deployed.objects("Pod", selector="app.kubernetes.io/name=catalogue")
        left = [pod["metadata"]["name"] for pod in pods if not pod["metadata"].get("deletionTimestamp")]
        return Ready(left) if len(left) < len(pods) else NotYet("none is being deleted yet")

    return eventually(there, within_seconds=30, what="the experiment deletes a pod", every_seconds=0.1)[0]
