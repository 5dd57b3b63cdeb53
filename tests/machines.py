"""Fake machines: /sys, /proc and /dev of four RK3588 boards under four kernels, as plain files in a folder.

`machine(root, "rock-5b", "v61", "npu_load_20000")` lays one out; `EDGED_SYSROOT` pointing at `root` makes
edged read it. Kernels: `v510`, `v61` vendor with Mali's own driver; `v61-panthor` vendor with panthor;
`ml618` mainline 6.18. `tests/nasty.py` holds the variants that real boards were seen with, or could be.

Values: sbc-bench.sh and its published results, the kernel's device trees (rk3588-opp.dtsi, rk3588-base.dtsi)
and driver sources, and reports of users. Only plausible: the text of /proc/asound/pcm, the files of the
USB-PD supply, mainline's thermal zones 3 to 6, the file `gpuinfo`, NPU driver 0.9.2 on 5.10, cooling states.
"""

from pathlib import Path

import pytest

from tests.nasty import NASTY, hdmi_first

BOARDS = ("rock-5b", "orangepi-5", "orangepi-5-plus", "nanopc-t6")
KERNELS = ("v510", "v61", "v61-panthor", "ml618")
MACHINES = [pytest.param(board, kernel, id=f"{board}-{kernel}") for board in BOARDS for kernel in KERNELS]
"""For `@pytest.mark.parametrize(("board", "kernel"), MACHINES)`."""
NASTY_MACHINES = [
    pytest.param(board, kernel, nasty, id=f"{board}-{kernel}-{nasty}")
    for board in BOARDS
    for kernel in KERNELS
    for nasty in NASTY
]
"""For `@pytest.mark.parametrize(("board", "kernel", "nasty"), NASTY_MACHINES)`."""

NAMES = {  # vendor model, vendor compatible, mainline model, mainline compatible
    "rock-5b": ("Radxa ROCK 5B", "radxa,rock-5b rockchip,rk3588", "Radxa ROCK 5 Model B", None),
    "orangepi-5": (
        "Orange Pi 5",
        "rockchip,rk3588s-orangepi-5 rockchip,rk3588",
        "Xunlong Orange Pi 5",
        "xunlong,orangepi-5 rockchip,rk3588s",
    ),
    "orangepi-5-plus": (
        "Orange Pi 5 Plus",
        "rockchip,rk3588-orangepi-5-plus rockchip,rk3588",
        "Xunlong Orange Pi 5 Plus",
        "xunlong,orangepi-5-plus rockchip,rk3588",
    ),
    "nanopc-t6": (
        "FriendlyElec NanoPC-T6",
        "friendlyelec,nanopc-t6 rockchip,rk3588",
        "FriendlyElec NanoPC-T6",
        "friendlyarm,nanopc-t6 rockchip,rk3588",
    ),
}
RELEASES = {
    "v510": "5.10.160-rockchip",
    "v61": "6.1.115-vendor-rk35xx",
    "v61-panthor": "6.1.115-vendor-rk35xx",
    "ml618": "6.18.0-current-rockchip64",
}
A55_MHZ = (408, 600, 816, 1008, 1200, 1416, 1608, 1800)
A76_MHZ = (408, 600, 816, 1008, 1200, 1416, 1608, 1800, 2016, 2208)
GPU_MHZ = (300, 400, 500, 600, 700, 800, 900, 1000)
CARDS = {  # id, long name, p for playback and c for capture
    "rock-5b": (
        ("rockchipdp0", "rockchip,dp0", "p"),
        ("rockchiphdmi0", "rockchip-hdmi0", "p"),
        ("rockchiphdmi1", "rockchip-hdmi1", "p"),
        ("rockchipes8316", "rockchip-es8316", "pc"),
        ("rockchiphdmiin", "rockchip,hdmiin", "c"),
    ),
    "orangepi-5": (
        ("rockchipdp0", "rockchip,dp0", "p"),
        ("rockchiphdmi0", "rockchip-hdmi0", "p"),
        ("rockchipes8388", "rockchip,es8388", "pc"),
    ),
    "orangepi-5-plus": (
        ("rockchiphdmi0", "rockchip-hdmi0", "p"),
        ("rockchiphdmi1", "rockchip-hdmi1", "p"),
        ("rockchiphdmiin", "rockchip,hdmiin", "c"),
        ("rockchipes8388", "rockchip,es8388", "pc"),
    ),
    "nanopc-t6": (
        ("rockchipdp0", "rockchip,dp0", "p"),
        ("rockchiphdmi0", "rockchip-hdmi0", "p"),
        ("rockchiphdmi1", "rockchip-hdmi1", "p"),
        ("realtekrt5616co", "realtek,rt5616-codec", "pc"),
        ("rockchiphdmiin", "rockchip,hdmiin", "c"),
    ),
}
MAINLINE_CARDS = {
    "rock-5b": (
        ("hdmi0", "hdmi0", "p"),
        ("hdmi1", "hdmi1", "p"),
        ("rk3588es8316", "rk3588-es8316", "pc"),
    ),
    "orangepi-5": (("hdmi0", "hdmi0", "p"), ("rockchipes8388", "rockchip,es8388", "pc")),
    "orangepi-5-plus": (("hdmi0", "hdmi0", "p"), ("hdmi1", "hdmi1", "p"), ("Analog", "Analog", "pc")),
    "nanopc-t6": (("hdmi0", "hdmi0", "p"), ("realtekrt5616co", "realtek,rt5616-codec", "pc")),
}


def machine(root: Path, board: str, kernel: str, *nasty: str) -> Path:
    """Lay out a machine under `root` and return it; `nasty` names variants of `tests.nasty.NASTY`."""
    vendor = kernel != "ml618"
    _identity(root, board, kernel, vendor)
    _cpu(root, kernel, vendor)
    _thermal(root, kernel, vendor)
    _memory(root)
    _gpu(root, kernel, vendor)
    _npu(root, kernel) if vendor else _rocket(root)
    _input_power(root, board, vendor)
    cards = (CARDS if vendor else MAINLINE_CARDS)[board]
    _sound(root, hdmi_first(cards) if "hdmi_in_first" in nasty else cards)
    for name in nasty:
        NASTY[name](root)
    return root


def put(root: Path, path: str, content: str | bytes = "", mode: int = 0o444) -> None:
    """Write one file of the machine; an empty one of mode 0660 stands for a device node."""
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    file.chmod(mode)


def _nodes(root: Path, *paths: str) -> None:
    for path in paths:
        put(root, path, mode=0o660)


def _identity(root: Path, board: str, kernel: str, vendor: bool) -> None:
    vendor_model, vendor_names, mainline_model, mainline_names = NAMES[board]
    model, names = (
        (vendor_model, vendor_names) if vendor else (mainline_model, mainline_names or vendor_names)
    )
    put(root, "/sys/firmware/devicetree/base/model", model + "\0")
    put(root, "/sys/firmware/devicetree/base/compatible", "".join(name + "\0" for name in names.split()))
    (root / "proc").mkdir(exist_ok=True)
    (root / "proc/device-tree").symlink_to("../sys/firmware/devicetree/base")  # absolute on a real one
    put(root, "/proc/sys/kernel/osrelease", RELEASES[kernel] + "\n")
    put(root, "/proc/version", f"Linux version {RELEASES[kernel]} (gcc) #1 SMP\n")
    put(root, "/etc/group", "root:x:0:\naudio:x:29:\nvideo:x:44:\nrender:x:105:\n")


def _cpu(root: Path, kernel: str, vendor: bool) -> None:
    features = (
        "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp"
    )
    info = ""
    for cpu in range(8):
        part, variant = ("0xd05", "0x2") if cpu < 4 else ("0xd0b", "0x4")
        info += f"processor\t: {cpu}\nBogoMIPS\t: 48.00\nFeatures\t: {features}\nCPU implementer\t: 0x41\n"
        info += f"CPU architecture: 8\nCPU variant\t: {variant}\nCPU part\t: {part}\nCPU revision\t: 0\n\n"
        put(root, f"/sys/devices/system/cpu/cpu{cpu}/cpu_capacity", "397\n" if cpu < 4 else "1024\n")
    put(root, "/proc/cpuinfo", info)
    for name in ("online", "present", "possible"):
        put(root, f"/sys/devices/system/cpu/{name}", "0-7\n")
    small = A55_MHZ if vendor else A55_MHZ[3:]
    big = (*A76_MHZ, 2304, 2352) if vendor else (*A76_MHZ[4:], 2400)
    for policy, cpus, clocks in ((0, "0 1 2 3", small), (4, "4 5", big), (6, "6 7", big)):
        folder = f"/sys/devices/system/cpu/cpufreq/policy{policy}/"
        put(root, folder + "related_cpus", cpus + "\n")
        put(root, folder + "affected_cpus", cpus + "\n")
        put(root, folder + "scaling_available_frequencies", " ".join(f"{mhz}000" for mhz in clocks) + " \n")
        for name, mhz in (
            ("scaling_cur_freq", clocks[0]),
            ("scaling_min_freq", clocks[0]),
            ("cpuinfo_min_freq", clocks[0]),
            ("scaling_max_freq", clocks[-1]),
            ("cpuinfo_max_freq", clocks[-1]),
        ):
            put(root, folder + name, f"{mhz}000\n")
        governor = "ondemand" if kernel == "v510" else "schedutil"
        put(root, folder + "scaling_governor", governor + "\n", 0o644)
        spent = [(mhz, 10 if index else 1000) for index, mhz in enumerate(clocks)]
        put(root, folder + "stats/time_in_state", "".join(f"{mhz}000 {ticks}\n" for mhz, ticks in spent))


def _thermal(root: Path, kernel: str, vendor: bool) -> None:
    first, second_big = ("soc", "bigcore1") if vendor else ("package", "bigcore2")
    names = (first, "bigcore0", second_big, "littlecore", "center", "gpu", "npu")
    for index, name in enumerate(names):
        millidegrees = "39769\n" if index else "40692\n"
        put(root, f"/sys/class/thermal/thermal_zone{index}/type", f"{name}-thermal\n")
        put(root, f"/sys/class/thermal/thermal_zone{index}/temp", millidegrees)
        put(root, f"/sys/class/hwmon/hwmon{index}/name", f"{name}_thermal\n")
        put(root, f"/sys/class/hwmon/hwmon{index}/temp1_input", millidegrees)
    old = [f"thermal-cpufreq-{index}" for index in range(3)] + ["thermal-devfreq-0"]
    new = ["cpufreq-cpu0", "cpufreq-cpu4", "cpufreq-cpu6", "devfreq-fb000000.gpu"]
    for index, name in enumerate(old if kernel == "v510" else new):
        folder = f"/sys/class/thermal/cooling_device{index}/"
        put(root, folder + "type", name + "\n")
        put(root, folder + "cur_state", "0\n", 0o644)
        put(root, folder + "max_state", "7\n")


def _memory(root: Path) -> None:
    put(
        root,
        "/proc/meminfo",
        "MemTotal:        8044772 kB\nMemFree:         5120000 kB\nMemAvailable:    7000000 kB\n",
    )
    per_cpu = "".join(f"cpu{cpu} 100 0 50 9000 10 0 5 0 0 0\n" for cpu in range(8))
    put(
        root,
        "/proc/stat",
        "cpu  800 0 400 72000 80 0 40 0 0 0\n" + per_cpu + "intr 1\nctxt 1\nbtime 1763683200\n",
    )


def _governors(vendor: bool) -> str:
    common = "userspace powersave performance simple_ondemand\n"
    return "rknpu_ondemand dmc_ondemand " + common if vendor else common


def _gpu(root: Path, kernel: str, vendor: bool) -> None:
    folder, platform = "/sys/class/devfreq/fb000000.gpu/", "/sys/devices/platform/fb000000.gpu/"
    clocks = GPU_MHZ if vendor else (200, *GPU_MHZ)
    put(root, folder + "cur_freq", "300000000\n")
    put(root, folder + "min_freq", f"{clocks[0]}000000\n", 0o644)
    put(root, folder + "max_freq", "1000000000\n", 0o644)
    put(root, folder + "governor", "simple_ondemand\n", 0o644)
    put(root, folder + "available_governors", _governors(vendor))
    put(root, folder + "available_frequencies", " ".join(f"{mhz}000000" for mhz in clocks) + "\n")
    if vendor:
        put(root, folder + "load", "22@300000000Hz\n")
    if kernel in ("v510", "v61"):
        put(root, platform + "power_policy", "[coarse_demand] always_on \n", 0o644)
        put(root, platform + "utilisation", "22\n")
        put(root, platform + "gpuinfo", "Mali-G610 4 cores r0p0 0xA867\n")
        put(root, "/etc/OpenCL/vendors/mali.icd", "libMaliOpenCL.so.1\n", 0o644)
        _nodes(root, "/dev/mali0")
    else:
        put(root, platform + "profiling", "0\n", 0o644)
    _nodes(root, "/dev/dri/card0", "/dev/dri/renderD128")


def _npu(root: Path, kernel: str) -> None:
    folder, debug = "/sys/class/devfreq/fdab0000.npu/", "/sys/kernel/debug/rknpu/"
    put(root, folder + "cur_freq", "1000000000\n")
    put(root, folder + "min_freq", "300000000\n", 0o644)
    put(root, folder + "max_freq", "1000000000\n", 0o644)
    put(root, folder + "governor", "rknpu_ondemand\n", 0o644)
    put(root, folder + "available_governors", _governors(vendor=True))
    put(root, folder + "available_frequencies", " ".join(f"{mhz}000000" for mhz in GPU_MHZ) + "\n")
    put(root, folder + "load", "100@1000000000Hz\n")  # always 100, even while it is off
    put(root, "/sys/devices/platform/fdab0000.npu/power/runtime_status", "suspended\n")
    put(
        root, debug + "load", "NPU load:  Core0: 21%, Core1:  0%, Core2:  0%,\n"
    )  # root's alone on a real one
    put(root, debug + "freq", "1000000000\n")  # reading it switches a real NPU on
    put(root, debug + "volt", "825000\n")
    put(root, debug + "power", "off\n")
    put(root, debug + "delayms", "3000\n")
    put(root, debug + "version", f"RKNPU driver: v{'0.9.2' if kernel == 'v510' else '0.9.8'}\n")
    library = b"\x7fELF librknnrt version: 2.3.2 (429f97ae6b@2025-04-09T09:09:27)\0"
    put(root, "/usr/lib/librknnrt.so", library, 0o644)
    memory = "/sys/class/devfreq/dmc/"
    put(root, memory + "cur_freq", "528000000\n")
    put(root, memory + "governor", "dmc_ondemand\n")
    put(root, memory + "available_frequencies", "528000000 1068000000 1560000000 2112000000\n")
    put(root, memory + "load", "2@528000000Hz\n")
    _nodes(root, "/dev/dri/card1", "/dev/dri/renderD129", "/dev/rga", "/dev/mpp_service")
    _nodes(root, "/dev/dma_heap/system", "/dev/dma_heap/system-uncached")


def _rocket(root: Path) -> None:
    _nodes(root, "/dev/accel/accel0")
    for core in ("fdab0000", "fdac0000", "fdad0000"):
        put(root, f"/sys/devices/platform/{core}.npu/power/runtime_status", "suspended\n")


def _input_power(root: Path, board: str, vendor: bool) -> None:
    """None tells what it draws: a Rock 5B its input voltage, vendor kernels what USB-PD agreed on."""
    if board == "rock-5b":
        adc = "/sys/bus/iio/devices/iio:device0/"
        put(root, adc + "name", "fec10000.saradc\n" if vendor else "fec10000.adc\n")
        put(root, adc + "in_voltage6_raw", "2078\n")
    supplies = {"rock-5b": ("4-0022", "1", 12_000_000, 1_500_000), "orangepi-5": ("6-0022", "0", 0, 0)}
    if vendor and board in supplies:
        address, online, microvolts, microamps = supplies[board]
        folder = f"/sys/class/power_supply/tcpm-source-psy-{address}/"
        for name in ("voltage_now", "voltage_min", "voltage_max"):
            put(root, folder + name, f"{microvolts}\n")
        for name in ("current_now", "current_max"):
            put(root, folder + name, f"{microamps}\n")
        put(root, folder + "type", "USB\n")
        put(root, folder + "online", online + "\n")
        put(root, "/sys/class/hwmon/hwmon20/name", f"tcpm_source_psy_{address.replace('-', '_')}\n")
        put(root, "/sys/class/hwmon/hwmon20/in0_input", f"{microvolts // 1000}\n")
        put(root, "/sys/class/hwmon/hwmon20/curr1_input", f"{microamps // 1000}\n")


def _sound(root: Path, cards: tuple[tuple[str, str, str], ...]) -> None:
    listing = pcms = ""
    for index, (card, name, ways) in enumerate(cards):
        listing += f" {index} [{card:<15}]: {name.replace(',', '_')} - {name}\n                      {name}\n"
        playback, capture = (" : playback 1" if "p" in ways else ""), (" : capture 1" if "c" in ways else "")
        pcms += f"{index:02d}-00: {name} hifi-0 : {name} hifi-0{playback}{capture}\n"
        put(root, f"/proc/asound/card{index}/id", card + "\n")
        (root / f"proc/asound/{card}").symlink_to(f"card{index}")
        for way in ways:
            put(
                root,
                f"/proc/asound/card{index}/pcm0{way}/info",
                f"card: {index}\ndevice: 0\nid: {name} hifi-0\n",
            )
            _nodes(root, f"/dev/snd/pcmC{index}D0{way}")
        _nodes(root, f"/dev/snd/controlC{index}")
    put(root, "/proc/asound/cards", listing)
    put(root, "/proc/asound/pcm", pcms)
