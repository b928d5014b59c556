"""Marks a wheel that holds the library as one for its platform and any Python 3; without it the package is plain Python."""

from pathlib import Path
from typing import Tuple

from setuptools import setup
from setuptools.dist import Distribution

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # before setuptools 70.1
    from wheel.bdist_wheel import bdist_wheel

HOLDS_LIBRARY = (Path(__file__).parent / "holdfast" / "libholdfast.so").exists()


class PackageDistribution(Distribution):
    def has_ext_modules(self) -> bool:
        return HOLDS_LIBRARY


class PackageWheel(bdist_wheel):  # type: ignore[misc]
    def get_tag(self) -> Tuple[str, str, str]:
        platform: str = super().get_tag()[2]
        return "py3", "none", platform


setup(distclass=PackageDistribution, cmdclass={"bdist_wheel": PackageWheel})
