"""Whole machines for the doctor: what `tests.machines` lays out, with users, libraries and DRM drivers."""

from pathlib import Path

from tests.machines import machine, put

SERVICE_UID = 4999
ARMBIAN = 'PRETTY_NAME="Armbian 25.8 bookworm"\nID=debian\nVERSION_ID="12"\n'


def patient(root: Path, board: str, kernel: str, *nasty: str) -> Path:
    """Lay out a machine on which edged is installed and may open everything that the variants leave."""
    machine(root, board, kernel, *nasty)
    put(root, "/etc/os-release", ARMBIAN, 0o644)
    users(root, *(() if "no_render_group" in nasty else ("render",)))
    drm(root, "renderD128", "rockchip-drm" if kernel in ("v510", "v61") else "panthor")
    if kernel != "ml618":
        drm(root, "renderD129", "RKNPU")
    put(root, "/usr/lib/aarch64-linux-gnu/libOpenCL.so.1", b"\x7fELF", 0o644)
    put(root, "/usr/lib/aarch64-linux-gnu/libMaliOpenCL.so.1", b"\x7fELF g6p0-01eac0\0 more", 0o644)
    for node in (root / "dev").rglob("*"):
        if node.is_file() and node.stat().st_mode & 0o777 == 0o660:
            node.chmod(0o666)  # the groups of this machine are not those of the fake one
    return root


def users(root: Path, *more: str) -> None:
    """Make the service's user, in all groups that are there."""
    put(
        root,
        "/etc/passwd",
        f"root:x:0:0:root:/root:/bin/sh\nedged:x:{SERVICE_UID}:{SERVICE_UID}::/:\n",
        0o644,
    )
    numbers = {"audio": 29, "video": 44, "render": 105}
    lines = [f"{name}:x:{gid}:edged" for name, gid in numbers.items() if name in ("audio", "video", *more)]
    file = root / "etc/group"
    if file.exists():
        file.unlink()
    put(
        root,
        "/etc/group",
        "\n".join(["root:x:0:", *lines, f"edged:x:{SERVICE_UID}:", "odd line", "a:b"]),
        0o644,
    )


def drm(root: Path, node: str, driver: str) -> None:
    """Give a render node its driver."""
    folder = root / f"sys/class/drm/{node}/device"
    folder.mkdir(parents=True)
    (folder / "driver").symlink_to(f"../../../../bus/platform/drivers/{driver}")


def program(folder: Path, name: str, script: str) -> None:
    """Put a program on the PATH that the fixture `alone` made."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
