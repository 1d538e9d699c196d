"""The catalogue: what is for sale. Read from the mounted file, cacheable, needs nobody else."""

import hashlib
import json

from starlette.requests import Request
from starlette.responses import Response

from chandlery import products, variants
from chandlery.errors import Refused
from chandlery.lifecycle import Lifecycle
from chandlery.server import Service
from chandlery.settings import Settings
from chandlery.web import route

CACHE = "public, max-age=60"


def build(settings: Settings, _lifecycle: Lifecycle) -> Service:
    pages = {sku: page(product) for sku, product in products.load(settings.config_directory).items()}

    async def read(request: Request) -> Response:
        if variants.active(variants.SLOW_WHEN_YOUNG):
            await variants.fill_the_cache()
        sku = request.path_params["sku"]
        if sku not in pages:
            raise Refused(404, f"there is no product {sku}")
        body, tag = pages[sku]
        headers = {"ETag": tag, "Cache-Control": CACHE}
        if tag in [seen.strip() for seen in request.headers.get("If-None-Match", "").split(",")]:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    async def nothing() -> None:
        return None

    return Service(routes=[route("GET", "/v1/catalogue/{sku}", read)], start=nothing, stop=nothing)


def page(product: products.Product) -> tuple[bytes, str]:
    """(body, entity tag) of one product."""
    body = json.dumps({"sku": product.sku, "name": product.name, "price_cents": product.price_cents}).encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
