"""What can be bought and for how much: the mounted file `products.json`, {sku: {name, price_cents}}."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from chandlery.settings import SettingsError

FILE = "products.json"
SKU = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True)
class Product:
    sku: str
    name: str
    price_cents: int


def load(directory: Path) -> dict[str, Product]:
    """All products. Raises SettingsError when the file is missing, no JSON or not what it should hold."""
    path = directory / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        products = {
            sku: Product(sku, str(entry["name"]), entry["price_cents"]) for sku, entry in content.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"{path} holds no products: {error!r}") from error
    for product in products.values():
        if not SKU.fullmatch(product.sku) or type(product.price_cents) is not int or product.price_cents <= 0:
            raise SettingsError(f"{path}: {product} is no product with a price in whole cents")
    return products
