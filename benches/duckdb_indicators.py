#!/usr/bin/env python3
"""The same SQL over the same Parquet files: Jianwei's embedded engine and DuckDB, taking turns.

    python3 benches/duckdb_indicators.py --out /tmp/indicators [--records 20000000]

Needs a release build of `jianwei`. Without the package `duckdb` the script makes a virtual
environment beside the files and installs benches/requirements.txt there. What it prints is the
median of the runs, on the clock and on the processor, and the ratio ours / DuckDB: below 1 we
are faster. Every result is compared row by row before a time counts. On a machine that does
other work at the same time, the ratio of processor time is the one to go by.
"""

import argparse
import decimal
import json
import math
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
DECIMAL = re.compile(r"-?\d+\.\d+")


def duckdb_module(out: pathlib.Path):
    """The package, from a virtual environment of its own when it is not installed."""
    try:
        import duckdb

        return duckdb
    except ImportError:
        pass
    if os.environ.get("JIANWEI_BENCH_VENV"):
        sys.exit("duckdb is missing in the virtual environment that was made for it")
    python = out / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", out / "venv"], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
    os.environ["JIANWEI_BENCH_VENV"] = "1"
    os.execv(python, [python, __file__, *sys.argv[1:]])


class Ours:
    """`jianwei bench indicators --ask` in a process of its own."""

    def __init__(self, jianwei: pathlib.Path, out: pathlib.Path, threads: int):
        command = [jianwei, "bench", "indicators", "--out", out, "--ask", "--threads", str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, name: str, _sql: str):
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"jianwei ended while it answered {name}")
        answer = json.loads(line)
        rows = [tuple(row.values()) for row in answer["rows"]]
        return answer["seconds"], answer["cpu_seconds"], rows

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Duck:
    """DuckDB over the same files, in this process."""

    def __init__(self, duckdb, files: list, threads: int):
        self.connection = duckdb.connect(config={"threads": threads})
        self.connection.execute("SET TimeZone = 'Asia/Shanghai'")
        paths = ", ".join(f"'{path}'" for path in files)
        self.connection.execute(f'CREATE VIEW "transaction" AS SELECT * FROM read_parquet([{paths}])')

    def run(self, _name: str, sql: str):
        cpu, begun = time.process_time(), time.perf_counter()
        rows = self.connection.execute(sql).fetchall()
        return time.perf_counter() - begun, time.process_time() - cpu, rows

    def settings(self) -> str:
        """What it was told, and what it chooses by itself."""
        names = ("threads", "memory_limit", "TimeZone", "preserve_insertion_order")
        values = [self.connection.execute(f"SELECT current_setting('{name}')").fetchone()[0] for name in names]
        return ", ".join(f"{name} {value}" for name, value in zip(names, values))

    def close(self):
        self.connection.close()


def processor() -> str:
    """The processor's name, cores and what else they are busy with."""
    name = platform.processor() or platform.machine()
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass
    return f"{name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"


def version_of(jianwei: pathlib.Path) -> str:
    told = subprocess.run([jianwei, "--version"], capture_output=True, text=True)
    return told.stdout.strip() or "jianwei (version not told)"


def comparable(value):
    """A value in the form in which our side tells it, numbers as floats."""
    if isinstance(value, bytes) and len(value) == 16:
        return f"{chr(value[0])}1:{value[1:].hex()}"
    if isinstance(value, (int, float, decimal.Decimal)) or DECIMAL.fullmatch(str(value)):
        return float(value)
    return value if value is None else str(value)


def same(ours: list, theirs: list) -> bool:
    """Whether two results hold the same rows; decimals may be cut off at another place."""

    def equal(left, right):
        if isinstance(left, float) and isinstance(right, float):
            return math.isclose(left, right, rel_tol=1e-4, abs_tol=1e-4)
        return left == right

    # What tells rows apart stands first in all of them.
    left, right = (sorted((tuple(map(comparable, row)) for row in rows), key=repr) for rows in (ours, theirs))
    return len(left) == len(right) and all(
        len(a) == len(b) and all(map(equal, a, b)) for a, b in zip(left, right)
    )


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--out", type=pathlib.Path, required=True, help="folder for the files, some 2 GB")
    arguments.add_argument("--records", type=int, default=20_000_000)
    arguments.add_argument("--jianwei", type=pathlib.Path, default=HERE.parent / "target/release/jianwei")
    arguments.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args()
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    options.jianwei = options.jianwei.resolve()
    if not options.jianwei.exists():
        sys.exit(f"{options.jianwei} is missing: cargo build --release --package jianwei, or --jianwei PATH")
    duckdb = duckdb_module(out)

    written = out / "records"
    if not written.exists() or written.read_text() != str(options.records):
        command = [options.jianwei, "bench", "indicators", "--records", str(options.records), "--out", out]
        subprocess.run(command, check=True)
        written.write_text(str(options.records))
    files = sorted((out / "history").glob("transaction-*.parquet"))
    queries = {path.stem: path.read_text() for path in sorted((out / "queries").glob("*.sql"))}
    size = sum(path.stat().st_size for path in files)
    print(f"{options.records:,} transactions, {len(files)} Parquet files, {size / 1e9:.2f} GB; {processor()}")
    print(
        f"{version_of(options.jianwei)} against DuckDB {duckdb.__version__}, Python {platform.python_version()}; "
        f"median of {options.runs} runs after one that does not count, ratio ours / DuckDB\n"
    )

    figures, settings = [], []
    print("| threads | query | ours s | DuckDB s | ratio | ours CPU s | DuckDB CPU s | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for threads in options.threads:
        sides = [Ours(options.jianwei, out, threads), Duck(duckdb, files, threads)]
        settings.append(f"{threads}: ours --threads {threads}, else as evaluation runs; DuckDB {sides[1].settings()}")
        for name, sql in queries.items():
            # The first turn warms the caches and shows that both say the same.
            results = [side.run(name, sql)[2] for side in sides]
            if not same(*results):
                sys.exit(f"{name}: the engines differ, {len(results[0])} and {len(results[1])} rows")
            times = [[], []]
            for _ in range(options.runs):
                for side, own in zip(sides, times):
                    own.append(side.run(name, sql)[:2])
            ours, theirs = ([statistics.median(column) for column in zip(*own)] for own in times)
            figure = {
                "threads": threads,
                "query": name,
                "rows": len(results[0]),
                "ours_seconds": ours[0],
                "duckdb_seconds": theirs[0],
                "ratio": ours[0] / theirs[0],
                "ours_cpu_seconds": ours[1],
                "duckdb_cpu_seconds": theirs[1],
                "cpu_ratio": ours[1] / theirs[1],
            }
            figures.append(figure)
            print(
                f"| {threads} | {name} | {ours[0]:.3f} | {theirs[0]:.3f} | {figure['ratio']:.2f} "
                f"| {ours[1]:.2f} | {theirs[1]:.2f} | {figure['cpu_ratio']:.2f} |",
                flush=True,
            )
        for side in sides:
            side.close()
        own = [figure for figure in figures if figure["threads"] == threads]

        def total(key):
            return sum(figure[key] for figure in own)

        print(
            f"| {threads} | all | {total('ours_seconds'):.3f} | {total('duckdb_seconds'):.3f} "
            f"| {total('ours_seconds') / total('duckdb_seconds'):.2f} | {total('ours_cpu_seconds'):.2f} "
            f"| {total('duckdb_cpu_seconds'):.2f} "
            f"| {total('ours_cpu_seconds') / total('duckdb_cpu_seconds'):.2f} |",
            flush=True,
        )
    print("\nSettings by threads; no memory limit of ours, no index, no table but views on the files")
    print("\n".join(settings))
    print(f"At the end: {processor()}")
    if options.json:
        (out / "figures.json").write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
