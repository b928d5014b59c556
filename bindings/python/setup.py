"""Puts the library into the package, where one was built, and marks the wheel as one for its platform and any Python 3.

Without a library the package is plain Python, and looks for one when it is imported.
"""

from pathlib import Path
from typing import Tuple

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.dist import Distribution

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # before setuptools 70.1
    from wheel.bdist_wheel import bdist_wheel

HERE = Path(__file__).resolve().parent
# `make wheel` puts one beside the package; `pip install bindings/python` takes that of the checkout.
PLACES = [HERE / "libholdfast.so", HERE.parents[1] / ".build/release/libholdfast.so"]
LIBRARY = next((place for place in PLACES if place.exists()), None)


class PackageDistribution(Distribution):
    def has_ext_modules(self) -> bool:
        return LIBRARY is not None


class PackageFiles(build_py):
    def run(self) -> None:
        super().run()
        if LIBRARY is not None and not getattr(self, "editable_mode", False):
            self.copy_file(str(LIBRARY), str(Path(self.build_lib) / "holdfast" / "libholdfast.so"))


class PackageWheel(bdist_wheel):
    def get_tag(self) -> Tuple[str, str, str]:
        python, abi, platform = super().get_tag()
        return (python, abi, platform) if LIBRARY is None else ("py3", "none", platform)


setup(distclass=PackageDistribution, cmdclass={"build_py": PackageFiles, "bdist_wheel": PackageWheel})
