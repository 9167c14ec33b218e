"""The line is a provider of its own: it reaches the product by HTTP only."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]
PRODUCT = ("api", "callbacks", "customers", "flows", "ivr", "runtime", "voicemail")


def test_the_line_imports_nothing_of_the_product_but_runtime() -> None:
    files = list((ROOT / "ivr/line").rglob("*.py"))
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    imported = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    ours = {name for name in imported if name.split(".")[0] in PRODUCT}
    assert len(ours) > 20
    assert {name for name in ours if not name.startswith(("ivr.line", "runtime."))} == set()
