"""The mounted files are ones that the real programs accept."""

from chandlery_stage import CONFIG, docker


def test_the_gateway_accepts_its_configuration(images: dict[str, str]):
    mount = f"{CONFIG}:/etc/envoy:ro"
    arguments = ["--mode", "validate", "--config-path", "/etc/envoy/envoy.yaml"]
    image = images["seatrial/envoy"]
    said = docker("run", "--rm", "--volume", mount, "--entrypoint", "envoy", image, *arguments)
    assert "OK" in said
