"""The bill of materials, CycloneDX 1.6: what is in the package, of which version, under which licence.

Runs in the environment that builds the package: ``python sbom.py VERSION EPOCH VENDOR SITE...`` prints it.
"""

from __future__ import annotations

import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

SPACE = uuid.UUID("5f0f4a7e-3d0c-4f5a-9a55-d1a1ac700017")


def name_of(found: Distribution) -> str:
    return re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()


def of_python(sites: list[Path]) -> tuple[list[Component], dict[str, set[str]]]:
    """A component for each distribution, with the Pythons that have it; and what each needs of the others."""
    seen: dict[str, Distribution] = {}
    pythons: dict[str, list[str]] = {}
    for site in sites:
        for found in distributions(path=[str(site)]):
            name = name_of(found)
            if name in seen and seen[name].version != found.version:
                raise SystemExit(f"{name}: {seen[name].version} and {found.version}")
            seen[name] = found
            pythons.setdefault(name, []).append(site.parent.name.removeprefix("python"))
    licences = LicenseFactory()
    made, needs = [], {}
    for name, found in sorted(seen.items()):
        stated = found.metadata["License-Expression"] or (found.metadata["License"] or "").strip()
        made.append(
            Component(
                name=name,
                version=found.version,
                type=ComponentType.APPLICATION if name == "dialpact" else ComponentType.LIBRARY,
                bom_ref=f"{name}@{found.version}",
                purl=None if name == "dialpact" else PackageURL("pypi", None, name, found.version),
                licenses=[licences.make_from_string(stated)] if stated and "\n" not in stated else [],
                properties=[Property(name="dialpact:python", value=" ".join(sorted(pythons[name])))],
            )
        )
        words = (re.match(r"[A-Za-z0-9._-]+", line) for line in found.requires or ())
        needs[name] = {re.sub(r"[-_.]+", "-", word[0]).lower() for word in words if word} & set(seen)
    return made, needs


def of_others(vendor: Path) -> Iterator[Component]:
    """What the console's pages are made with."""
    for name, about in sorted(tomllib.loads(vendor.read_text("utf-8"))["package"].items()):
        yield Component(
            name=name,
            version=about["version"],
            type=ComponentType.LIBRARY,
            bom_ref=f"npm:{name}@{about['version']}",
            purl=PackageURL("npm", None, name, about["version"]),
        )


def bill(version: str, epoch: int, vendor: Path, sites: list[Path]) -> str:
    python, needs = of_python(sites)
    by_name = {one.name: one for one in python}
    product = by_name.pop("dialpact")
    others = list(of_others(vendor))
    made = Bom(components=[*by_name.values(), *others], serial_number=uuid.uuid5(SPACE, f"{version} {epoch}"))
    made.metadata.component = product
    made.metadata.timestamp = datetime.fromtimestamp(epoch, UTC)
    for name, wanted in needs.items():
        one = by_name.get(name, product)
        extra = others if one is product else []
        made.register_dependency(
            one, [*(by_name[other] for other in sorted(wanted) if other in by_name), *extra]
        )
    return JsonV1Dot6(made).output_as_string(indent=2) + "\n"


if __name__ == "__main__":
    version, epoch, vendor, *sites = sys.argv[1:]
    print(bill(version, int(epoch), Path(vendor), [Path(site) for site in sites]), end="")
