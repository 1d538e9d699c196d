"""The one table of images, and the rule for each: take it from the cache, else pull it, else build it."""

from __future__ import annotations

import functools
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from seatrial.cluster.build import node_image
from seatrial.cluster.build import programs
from seatrial.cluster.build import recipes
from seatrial.cluster.build import registry
from seatrial.cluster.build.debian import DebianRoot
from seatrial.cluster.docker import build_image, docker, has_image, keep_image, load_archive, pull_image
from seatrial.cluster.build.gobuild import GoProgram, drop_build_cache
from seatrial.cluster.keys import content_key
from seatrial.cluster.lock import exclusive
from seatrial.cluster.paths import cache_folder, fixtures_root, half_made, project_root
from seatrial.cluster.progress import Progress, Stage
from seatrial.errors import SeatrialError

_PULL_BOUND_SECONDS = 600.0
_LOCK_BOUND_SECONDS = 1800.0  # a cold build of the node takes up to 20 minutes
_IN_WORK: dict[str, threading.Lock] = defaultdict(threading.Lock)


@dataclass(frozen=True)
class Image:
    """One image: where it can be pulled from, how it is built, and what its build depends on.

    Args:
        name: the logical name, as manifests use it.
        pull: the pinned reference; empty for an image that only exists by being built.
        fill: puts what the Dockerfile needs into a build context that already has the recipe folder's files.
        pins: versions and keys that change the image.
        inputs: files and folders that change the image.
        base: the logical name of the image its `ARG BASE` wants.
        archived: keep a `docker save` of it; not for what is rebuilt in seconds from the other parts.
        make: replaces the docker build; gets the tag to make, the tags it carries, and `say`.
        carries: logical names of images that are put inside it.
    """

    name: str
    pull: str
    fill: Callable[[Path], None]
    pins: tuple[str, ...] = ()
    inputs: tuple[Path, ...] = ()
    base: str = ""
    archived: bool = True
    make: Callable[[str, Sequence[str], Callable[[str], None]], None] | None = None
    carries: tuple[str, ...] = ()

    def pulled_tag(self) -> str:
        """The full tag when it is pulled."""
        return f"{self.name}:{content_key(('pull', self.pull))}"

    def built_tag(self) -> str:
        """The full tag when it is built: a change of any input changes it."""
        parts = [table()[name] for name in (self.base, *self.carries) if name]
        keys = [tag for part in parts for tag in (part.pulled_tag(), part.built_tag())]
        return f"{self.name}:{content_key(('build', *self.pins, *keys), self.inputs)}"

    def archive(self, tag: str) -> Path:
        """Where `docker save` of that tag is kept."""
        return cache_folder("images") / f"{tag.replace('/', '-').replace(':', '-')}.tar"


def _recipe(name: str) -> Path:
    return fixtures_root() / "cluster" / "images" / name


def _go(name: str, pull: str, program: GoProgram) -> Image:
    return Image(
        f"seatrial/{name}",
        pull,
        lambda context: recipes.go_image(program, context),
        pins=(program.key(),),
        inputs=(_recipe(name),),
    )


def _debian(name: str, pull: str, root: DebianRoot) -> Image:
    return Image(
        f"seatrial/{name}",
        pull,
        lambda context: recipes.root_image(root, context),
        pins=(root.key(),),
        inputs=(_recipe(name),),
    )


def _of_the_sample() -> Iterator[Image]:
    """The image of the sample system, where there is one: its `image.yaml` says its name and its base."""
    folder = project_root() / "sample-system"
    if (folder / "image.yaml").is_file():
        described = yaml.safe_load((folder / "image.yaml").read_text(encoding="utf-8"))
        yield Image(
            described["name"],
            "",
            lambda context: recipes.services_image(folder, context),
            inputs=(folder / "Dockerfile", folder / "requirements.lock", folder / "services"),
            base=described["base"],
            archived=False,
        )


@functools.cache
def table() -> dict[str, Image]:
    """Every image by logical name.

    The pull references are tags: no registry could be reached where they were written down, so no digest
    could be verified (fixtures/cluster/images/README.md).
    """
    images = (
        Image(
            "seatrial/node",
            node_image.PULL_REFERENCE,
            lambda _: None,
            pins=node_image.pins(),
            inputs=node_image.inputs(),
            make=node_image.make,
            carries=("seatrial/metrics-server",),
        ),
        _debian("python", "python:3.13-slim", recipes.PYTHON_ROOT),
        *_of_the_sample(),
        _debian("postgres", "postgres:17", recipes.POSTGRES_ROOT),
        Image(
            "seatrial/envoy",
            f"envoyproxy/envoy:distroless-v{recipes.ENVOY_VERSION}",
            recipes.envoy_image,
            pins=(recipes.ENVOY_VERSION,),
            inputs=(_recipe("envoy"),),
        ),
        Image(
            "seatrial/helper",
            "",
            lambda context: recipes.helper_image(programs.HELPER, context),
            pins=(programs.HELPER.key(),),
            inputs=(_recipe("helper"), *recipes.AGENT_FILES),
            base="seatrial/python",
        ),
        _go("nats", f"nats:{programs.NATS.version.removeprefix('v')}-scratch", programs.NATS),
        _go("prometheus", "prom/prometheus:v3.16.0", programs.PROMETHEUS),
        _go(
            "metrics-server",
            f"registry.k8s.io/metrics-server/metrics-server:{programs.METRICS_SERVER.version}",
            programs.METRICS_SERVER,
        ),
    )
    return {image.name: image for image in images}


def tags(name: str) -> list[str]:
    """The full tags an image of the table may have here: built, and pulled where it can be."""
    image = table()[name]
    return [image.built_tag()] + ([image.pulled_tag()] if image.pull else [])


def present_images(names: Sequence[str]) -> dict[str, str]:
    """Logical name -> full tag of those that the engine's store has; makes nothing, pulls nothing."""
    found = {name: _stored(tags(name)) for name in names if name in table()}
    return {name: tag for name, tag in found.items() if tag}


def ensure_images(names: Sequence[str], progress: Progress) -> dict[str, str]:
    """Have these images in the engine's store; pulls or builds what is missing, side by side.

    Args:
        names: logical names (`seatrial/postgres`).
        progress: is told one stage per image.

    Returns:
        Logical name -> full tag.

    Raises:
        SeatrialError: an unknown name, or an image that could neither be pulled nor built.
    """
    known = table()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SeatrialError(
            f"No image is called {', '.join(unknown)}.",
            where="src/seatrial/cluster/images.py",
            next_step=f"The table has: {', '.join(sorted(known))}.",
        )
    wanted = list(dict.fromkeys(names))
    try:
        with ThreadPoolExecutor(max_workers=4, thread_name_prefix="image") as pool:
            return dict(
                zip(wanted, pool.map(lambda name: _ensure(known[name], progress), wanted), strict=True)
            )
    finally:
        drop_build_cache()


def _ensure(image: Image, progress: Progress) -> str:
    with _IN_WORK[image.name], progress.stage(f"image {image.name}") as stage:
        try:
            candidates = tags(image.name)
        except OSError as missing:
            raise SeatrialError(f"{image.name} cannot be built: {missing}.") from missing
        found = _stored(candidates)
        if found:
            stage.skipped(f"in the engine's store as {found}")
            return found
        lock = f"image-{image.name.rpartition('/')[2]}"
        with exclusive(
            lock, within_seconds=_LOCK_BOUND_SECONDS, purpose=f"making {image.name}", say=stage.note
        ):
            found = _stored(candidates)  # another process may have made it while we waited
            return found or _restored(image, candidates, stage) or _pull_or_build(image, stage, progress)


def _stored(tags: Sequence[str]) -> str:
    """The first of these tags that the engine has; empty when it has none."""
    return next((tag for tag in tags if has_image(tag)), "")


def _restored(image: Image, tags: Sequence[str], stage: Stage) -> str:
    """The first of these tags that came back from a cached archive; empty when none did."""
    return next(
        (tag for tag in tags if image.archive(tag).exists() and _restore(image.archive(tag), tag, stage)), ""
    )


def _restore(archive: Path, tag: str, stage: Stage) -> bool:
    stage.note(f"loading {archive.name} from the cache")
    try:
        load_archive(archive)
    except SeatrialError as damaged:
        stage.note(f"the cached archive is of no use ({damaged.what.splitlines()[0]}); removed")
        archive.unlink(missing_ok=True)
        return False
    return has_image(tag)


def _pull_or_build(image: Image, stage: Stage, progress: Progress) -> str:
    tried: list[str] = []
    if image.pull:
        host = registry.registry_of(image.pull)
        if not registry.answers(host):
            tried.append(f"pull {image.pull}: {host} does not answer")
        else:
            stage.note(f"pulling {image.pull}")
            try:
                pull_image(image.pull, within_seconds=_PULL_BOUND_SECONDS)
                tag = image.pulled_tag()
                docker("tag", image.pull, tag, doing="naming it")
                return tag
            except SeatrialError as failed:
                tried.append(f"pull {image.pull}: {failed.what}")
    try:
        return _build(image, stage, progress)
    except SeatrialError as failed:
        tried.append(f"build: {failed}")
        raise SeatrialError(
            f"The image {image.name} can neither be pulled nor built.",
            where="; ".join(tried),
            next_step="Give this machine an image registry (`docker pull` must work) or what building needs: "
            "Debian with apt, Go 1.26, and reachable package registries.",
        ) from failed


def _build(image: Image, stage: Stage, progress: Progress) -> str:
    tag = image.built_tag()
    if image.make is not None:
        image.make(tag, [_ensure(table()[name], progress) for name in image.carries], stage.note)
    else:
        arguments = [("BASE", _ensure(table()[image.base], progress))] if image.base else []
        with half_made(cache_folder("work"), image.name.rpartition("/")[2]) as context:
            recipe = _recipe(image.name.rpartition("/")[2])
            if (recipe / "Dockerfile").exists():
                shutil.copytree(recipe, context, dirs_exist_ok=True)
            stage.note("gathering its parts")
            image.fill(context)
            stage.note(f"building {tag}")
            build_image(context, tag, arguments=arguments)
    if image.archived:
        keep_image(image.name, tag, image.archive(tag))
    return tag


def was_built(tag: str) -> bool:
    """Whether an image that `ensure_images` returned was built here (and not pulled)."""
    return table()[tag.partition(":")[0]].built_tag() == tag
