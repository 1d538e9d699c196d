"""Who may still be asked for names."""

from seatrial.faults.name_outage import answering


def endpoint(name, **conditions):
    return {"targetRef": {"kind": "Pod", "name": name}, "conditions": conditions}


def test_a_pod_that_ends_is_asked_until_it_serves_no_more():
    slices = [
        {"endpoints": [endpoint("b", ready=True, serving=True), endpoint("c", ready=False, serving=False)]},
        {"endpoints": [endpoint("a", ready=False, serving=True, terminating=True), endpoint("d")]},
        {"endpoints": None},
    ]
    assert answering(slices) == ["a", "b", "d"], "what is not said counts as serving"
    assert answering([]) == []
