"""A wheel carries `docker/` below the package; in the repository it stands once, at the top."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CARRIED = ("templates", "substitutes")


class WithDocker(build_py):
    """Copies what the program brings along into what is built; a checkout is used as it lies."""

    def run(self):
        """Build the package, then lay the folders beside it."""
        super().run()
        for name in () if self.editable_mode else CARRIED:
            to = Path(self.build_lib, "buildgraph", "docker", name)
            shutil.rmtree(to, ignore_errors=True)
            shutil.copytree(Path("docker", name), to)


setup(cmdclass={"build_py": WithDocker})
