import pytest
from tests.seeds import found, names, with_html

CELL = "<tr><td>x</td></tr>"
RESET = 'cellpadding="0" cellspacing="0" border="0"'


@pytest.mark.parametrize(
    ("rule", "table", "tag"),
    [
        ("layout-table-role", f"<table {RESET}>{CELL}</table>", "table"),
        ("layout-table-role", f'<TABLE ROLE="table" {RESET}>{CELL}</TABLE>', "table"),
        ("layout-table-reset", f'<table role="presentation">{CELL}</table>', "table"),
        (
            "layout-table-reset",
            f'<table role="none" cellpadding="0" cellspacing="2" border="0">{CELL}</table>',
            "table",
        ),
        (
            "layout-table-plain",
            f'<table role="presentation" {RESET}><caption>x</caption>{CELL}</table>',
            "caption",
        ),
        (
            "layout-table-plain",
            f'<table role="presentation" {RESET}><tr><td scope="row">x</td></tr></table>',
            "td",
        ),
        (
            "layout-table-plain",
            f'<table role="presentation" {RESET}><tr><th scope="row">x</th></tr></table>',
            "th",
        ),
        (
            "layout-table-plain",
            f'<table role="presentation" summary="x" {RESET}>{CELL}</table>',
            "table",
        ),
        ("data-table-scope", "<table><tr><th>x</th><td>1</td></tr></table>", "th"),
        (
            "data-table-scope",
            '<table><tr><th scope="row">x</th><th scope="cell">1</th></tr></table>',
            "th",
        ),
        ("column-width", f'<table role="none" width="641" {RESET}>{CELL}</table>', "table"),
        ("column-width", '<div style="MAX-WIDTH:\t700PX">x</div>', "div"),
        ("column-width", '<div style="min-width: 640.5px!important">x</div>', "div"),
    ],
)
def test_one_fault_of_a_table_is_found_where_it_stands(rule: str, table: str, tag: str) -> None:
    said = [each for each in found(with_html(table)) if each.rule != "client-support"]

    assert [(each.rule, each.tag) for each in said] == [(rule, tag)]
    assert said[0].line.startswith("<")


@pytest.mark.parametrize(
    "ghost",
    [
        '<table role="presentation" width="600"><tr><td></td></tr></table>',
        f'<table role="presentation" width="600" {RESET}><tr><td scope="row"></td></tr></table>',
    ],
)
def test_tables_that_only_outlook_sees_are_held_to_the_same(ghost: str) -> None:
    (only,) = found(with_html(f"<!--[if mso]>{ghost}<![endif]-->"))

    assert only.rule in {"layout-table-reset", "layout-table-plain"}
    assert only.line.startswith("<!--[if mso]>")


def test_a_table_of_figures_in_a_table_for_layout_is_one() -> None:
    figures = '<table><tr><th scope="row">x</th><td>1</td></tr></table>'

    assert (
        names(with_html(f'<table role="presentation" {RESET}><tr><td>{figures}</td></tr></table>'))
        == set()
    )
