"""Text maps: what they show against an oracle of its own, read by the programs that they are for."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import map_oracle
import oracle
import pytest
from client import failure, longer, value
from dice import dice
from map_oracle import COUNTS, END, MEASURES, START, Map, count_lines, edge_lines, label_names, label_text, reached
from random_logs import ODD, long_log
from random_values import random_graphs, random_traces

HERE = Path(__file__).parent
DOT_EDGE = re.compile(r'^\t(start|a\d+) -> (end|a\d+) \[(?:label="(.*?)", )?penwidth=([\d.]+), weight=\d+, color="(.*?)"', re.MULTILINE)
DOT_NODE = re.compile(r'^\t(a\d+) \[label="', re.MULTILINE)
SVG = "{http://www.w3.org/2000/svg}"
SHARES = (0, 0.05, 0.25, 0.5, 0.8, 1)

HOSTILE = [
    "<script>window.hacked = 1</script>", "<img src=x onerror=\"window.hacked = 1\">", 'say "hello"', "back\\slash \\n \\", "a\nb\r\nc\td",
    "\u202eevil\u202c", "\u2067rtl\u2069 \u200f", "x" * 1000, "&lt;b&gt; &amp; &copy;", "end", "a1 --> a2", "]] }} )) |x|", "%%{init: {'theme':'dark'}}%%",
    "`code` **bold** _under_", "#35; #quot;", "javascript:alert(1)", "style c0 fill:#f00;", "; linkStyle 0 stroke:#f00;", "@DATA@", "$x^2$", "fa:fa-ban",
    "1. list", "- dash", "direction LR", "a direction  TB b", "direction\u00a0RL", "\U0001f600 \U0001f469\u200d\U0001f467", "\x01\x02\x7f", "\ufeff\uffff\U0010ffff", "",
]  # fmt: skip


def dot(db, graph, *arguments):
    return value(db, f"SELECT process_map_dot(%s::dfg{', %s' * len(arguments)})", (oracle.graph_text(graph), *arguments))


def mermaid(db, graph, *arguments):
    return value(db, f"SELECT process_map_mermaid(%s::dfg{', %s' * len(arguments)})", (oracle.graph_text(graph), *arguments))


def shown(text):
    """The activities and edges in a DOT text."""
    return set(DOT_NODE.findall(text)), {match[:2] for match in DOT_EDGE.findall(text)}


def graphs(seed, count):
    """Random graphs, half of them of few activities with frequencies of all sizes."""
    made = [graph for graph in random_graphs(seed, count) if len(graph.activities) <= 60]
    rng = dice(seed)
    for number in range(count):
        names = [f"step {n}" for n in range(rng.randint(1, 14))]
        variants = [rng.choices(names, k=rng.randint(1, 9)) for _ in range(rng.randint(1, 12))]
        cases = [variant for variant in variants for _ in range(rng.choice((1, 1, 2, 7, 40)))]
        steps = [[(name, n * rng.choice((1, 10**6, 10**9))) for n, name in enumerate(case)] for case in cases]
        made.append(oracle.graph(oracle.Trace(tuple(sorted(case, key=lambda step: step[1]))) for case in steps))
    return made


@pytest.mark.parametrize("seed", range(longer(4, 40)))
def test_simplification(db, seed):
    """The activities and edges of the definition; each shown activity on a way from start to end, its best ones among them."""
    rng = dice(seed)
    for graph in graphs(seed, 12):
        wanted = Map(graph)
        for _ in range(5):
            shares = rng.choice((rng.choice(SHARES), rng.random())), rng.choice((rng.choice(SHARES), rng.random()))
            nodes, edges = shown(dot(db, graph, *shares))
            assert (nodes, edges) == wanted.simplified(*shares)
            backward = [edge[::-1] for edge in edges]
            assert reached(START, edges) - {START, END} == nodes == reached(END, backward) - {START, END}
            for node in rng.sample(sorted(nodes), min(3, len(nodes))):
                if node in wanted.ranked_activities()[: max(1, map_oracle.share_count(shares[0], len(wanted.nodes)))]:
                    for ends in ((START, node), (node, END)):
                        assert map_oracle.capacity(wanted.counts, edges, *ends) == map_oracle.capacity(wanted.counts, wanted.edges, *ends)


def test_simplification_of_masked_events(db):
    """Where breaks leave no way from start or to end, an activity is shown with the part there is."""
    for trace in random_traces("masked", 200):
        graph = oracle.graph([trace])
        for shares in ((1, 1), (1, 0), (0, 0), (0.5, 0.5)):
            assert shown(dot(db, graph, *shares)) == Map(graph).simplified(*shares)


def test_extremes(db):
    """All with both shares at 1; with both at 0 the most frequent activity and its way from start to end."""
    for graph in graphs("extremes", 10):
        wanted = Map(graph)
        assert shown(dot(db, graph)) == (set(wanted.nodes.values()), set(wanted.edges))
        nodes, edges = shown(dot(db, graph, 0, 0))
        assert wanted.ranked_activities()[0] in nodes
        assert len(edges) <= 2 * len(nodes)


def test_the_most_frequent_end(db):
    """It is shown, although the paths of the only chosen activity do not take it."""
    variants = {"B": 7, "BAc": 6, "Ad": 5, "eAf": 5}
    graph = oracle.graph(oracle.Trace(tuple((name, n) for n, name in enumerate(variant))) for variant, cases in variants.items() for _ in range(cases))
    names = {node: name for name, node in Map(graph).nodes.items()}
    nodes, edges = shown(dot(db, graph, 0, 0))
    assert (nodes, edges) == Map(graph).simplified(0, 0)
    assert {(names.get(source, source), names.get(target, target)) for source, target in edges} == {(START, "B"), ("B", "A"), ("A", "c"), ("c", END), ("B", END)}


@pytest.mark.parametrize("language", ("en", "da"))
def test_figures(db, language):
    """Lines, thickness and colour of every edge, for any choice of measures."""
    rng = dice(language)
    for graph in graphs(f"figures {language}", 8) + list(random_graphs(f"figures {language}", 15)):
        measures = rng.sample(MEASURES, rng.randint(0, 4))
        by = "frequency" if "frequency" in measures and "case_frequency" not in measures else "case_frequency"
        coloured = next((m for m in measures if m not in (*COUNTS, "total")), "median")
        wanted, names = Map(graph), {node: name for name, node in Map(graph).nodes.items()}
        greatest = max(count[by == "frequency"] for count in wanted.counts.values())
        text = dot(db, graph, 1, 1, measures, language)
        for source, target, label, penwidth, colour in DOT_EDGE.findall(text):
            case_frequency, frequency = wanted.counts[source, target]
            tenths = map_oracle.thickness(frequency if by == "frequency" else case_frequency, greatest)
            assert penwidth == f"{tenths // 10}.{tenths % 10}"
            edge = graph.edges.get((names.get(source), names.get(target)))
            lines = edge_lines(edge, measures, language) if edge else count_lines((case_frequency, frequency, 1), measures, language)
            assert [line.strip() for line in label.strip().split("\\n")] == (lines or [""])
            assert colour == (map_oracle.colour(map_oracle.edge_durations(edge)[coloured]) if edge else map_oracle.NEUTRAL)


def test_durations(db):
    """Told in their two greatest units, rounded: around every limit, and of every size."""
    rng = dice("durations")
    second, hour, day = 10**6, 3600 * 10**6, 86400 * 10**6
    around = [unit * n + d for unit in (second, 60 * second, hour, day) for n in (0, 1, 23, 24, 59, 60) for d in (-500001, -500000, -499999, -1, 0, 1, 499999, 500000)]
    limits = [hours * hour + d for hours in (*map_oracle.HOURS, *map_oracle.BUSINESS_HOURS) for d in (-1, 0)]
    for us in [u for u in around + limits if u >= 0] + [rng.randrange(1 << rng.randrange(1, 60)) for _ in range(300)]:
        graph = oracle.graph([oracle.Trace((("A", 0), ("B", us)))])
        for language in ("en", "da"):
            label, colour = next(match[2::2] for match in DOT_EDGE.findall(dot(db, graph, 1, 1, ["max"], language)) if match[0] == "a1" and match[1] == "a2")
            assert label.strip() == f"{map_oracle.WORDS[language]['max']} {map_oracle.duration_text(us, language)}"
            assert colour == map_oracle.colour(us)


def test_totals_beyond_64_bits(db):
    text = f"3 {{A,B}} 1(3,3,1,3,0) 2(3,3,1,0,3) 1-2(3,3,1:{2**62}+{2**61}+0)"
    assert map_oracle.duration_text(2**64) in value(db, "SELECT process_map_dot(%s::dfg, measures => '{total}')", (text,))


def test_business_time(db):
    """Working hours have no days, and limits of their own."""
    db.execute("CREATE TEMP TABLE worked AS SELECT trace_agg('A', '2023-03-01 08:00Z') AS t WHERE false")
    for minutes in (0, 59, 60, 8 * 60 - 1, 8 * 60, 40 * 60, 159 * 60, 160 * 60, 1000 * 60 + 1):
        query = """SELECT process_map_{}(dfg_agg(trace('{{A,B}}', ARRAY['2023-03-01Z', '2023-03-01Z'::timestamptz + %s * interval '1 minute']), 'UTC; 24/7'), language => 'da')"""
        text = value(db, query.format("dot"), (minutes,))
        label, colour = next(match[2::2] for match in DOT_EDGE.findall(text) if match[:2] == ("a1", "a2"))
        us = minutes * 60 * 10**6
        assert label.strip().split("\\n")[1].strip() == f"median {map_oracle.duration_text(us, 'da', is_business=True)}"
        assert colour == map_oracle.colour(us, is_business=True)
        assert "(arbejdstid)" in text and "&lt; 160 t" in text and "(arbejdstid)" in value(db, query.format("mermaid"), (minutes,))


def test_deterministic(db):
    """The same bytes however the graph came about."""
    events = long_log("danish", "determinism")
    traces = list(oracle.traces(events).values())
    for function in ("process_map_dot", "process_map_mermaid"):
        texts = set()
        for order in range(4):
            dice(order).shuffle(traces)
            cases = [oracle.trace_text(trace) for trace in traces]
            half = len(cases) // 2
            whole = f"SELECT {function}((SELECT dfg_agg(t::trace) FROM unnest(%s::text[]) t), 0.6, 0.3)"
            parts = f"SELECT {function}((SELECT dfg_agg(t::trace) FROM unnest(%s::text[]) t) + (SELECT dfg_agg(t::trace) FROM unnest(%s::text[]) t), 0.6, 0.3)"
            texts |= {value(db, whole, (cases,)), value(db, parts, (cases[:half], cases[half:]))}
        assert len(texts) == 1


# ---- Graphviz ----------------------------------------------------------------------------------


def drawn(text):
    """What Graphviz draws: lines of text of nodes and edges by name, the words of all tooltips, the other texts."""
    assert shutil.which("dot"), "no dot: install graphviz, or run ./check"
    done = subprocess.run(["dot", "-Tsvg"], input=text, text=True, encoding="utf-8", capture_output=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    root = ElementTree.fromstring(done.stdout)
    assert {element.tag for element in root.iter()} <= {SVG + tag for tag in ("svg", "g", "title", "text", "path", "polygon", "ellipse", "polyline", "a")}
    found = {}
    for group in root.iter(SVG + "g"):
        if group.get("class") in ("node", "edge"):
            found[group.find(SVG + "title").text] = [clean(text.text or "") for text in group.iter(SVG + "text")]
    tooltips = [element.get("{http://www.w3.org/1999/xlink}title") for element in root.iter(SVG + "a")]
    return found, tooltips


def clean(text):
    """Graphviz puts blanks that do not break."""
    return text.replace("\u00a0", " ").strip()


def labelled(labels):
    """A graph with these activities, one after the other."""
    return oracle.graph([oracle.Trace(tuple((label, n * 10**6) for n, label in enumerate(labels)))])


def check_drawn(graph, svg):
    """Nodes and edges with their lines, and whole labels as tooltips."""
    wanted, (found, tooltips) = Map(graph), svg
    names = label_names(graph.activities)
    assert found.pop(START) == ["Start"] and found.pop(END) == ["End"]
    for name, activity in graph.activities.items():
        assert found.pop(wanted.nodes[name]) == [clean(names[name]), *count_lines((activity.case_frequency,), ["case_frequency"], "en")]
    for (source, target), edge in graph.edges.items():
        assert found.pop(f"{wanted.nodes[source]}->{wanted.nodes[target]}") == edge_lines(edge, ("case_frequency", "median"), "en")
    assert sorted(found) == sorted(f"{source}->{target}" for source, target in wanted.edges if START in (source, target) or END in (source, target))
    full = {clean(label_text(name)) for name in graph.activities}
    assert full <= {clean(tooltip.split("\n")[0]) for tooltip in tooltips}


@pytest.mark.parametrize("orientation", ("TB", "LR", "BT", "RL"))
def test_graphviz_draws(db, orientation):
    """Whatever the labels are."""
    for labels in (HOSTILE, ODD, ["A"], ["A", "A"]):
        check_drawn(labelled(labels), drawn(dot(db, labelled(labels), 1, 1, ["case_frequency", "median"], "en", orientation)))


# ---- Mermaid -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def render(tmp_path_factory):
    """Renders texts by Mermaid in a browser."""
    browser = shutil.which("chromium")
    assert browser and shutil.which("npm"), "no chromium or npm: install chromium, nodejs and npm, or run ./check"
    place = tmp_path_factory.mktemp("mermaid") / "mermaid"
    shutil.copytree(HERE / "mermaid", place)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    subprocess.run(install, cwd=place, check=True, capture_output=True, timeout=240)

    def rendered(texts):
        done = subprocess.run(["node", place / "render.js", browser], input=json.dumps(texts), text=True, capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr[-3000:]
        result = json.loads(done.stdout)
        assert result["incidents"] == []
        return result["rendered"]

    return rendered


def check_rendered(graph, result):
    """Nodes and edges with their lines; nothing of a label is markup or runs."""
    assert "error" not in result, result
    wanted, nodes, labels = Map(graph), result["nodes"], label_names(graph.activities, "da")
    assert (nodes.pop("from"), nodes.pop("to")) == ("Start", "Slut")
    assert [nodes.pop(f"c{number}") for number in range(5)] == ["< 1 t", "< 1 d", "< 7 d", "< 28 d", "≥ 28 d"]
    for name, activity in graph.activities.items():
        lines = [labels[name], *count_lines((activity.case_frequency,), ["case_frequency"], "da")]
        assert words(nodes.pop(wanted.nodes[name])) == words("\n".join(lines))
    assert nodes == {}
    names = {node: name for name, node in wanted.nodes.items()}
    for edge, text in zip(wanted.edges, result["edges"], strict=True):
        told = graph.edges.get((names.get(edge[0]), names.get(edge[1])))
        lines = edge_lines(told, ("case_frequency", "median"), "da") if told else count_lines(wanted.counts[edge], ["case_frequency"], "da")
        assert text.split("\n") == lines
    assert set(result["elements"]) <= {"br", "div", "foreignobject", "g", "p", "rect", "span"}
    assert not result["ran"]


def test_mermaid_renders(db, render):
    """Whatever the labels are."""
    made = [(labelled(labels), orientation) for labels, orientation in ((HOSTILE, "TB"), (ODD, "LR"), (["A"], "BT"), (["A", "A"], "RL"))]
    made += [(graph, "TB") for graph in graphs("mermaid", 1) if len(graph.activities) < 20]
    results = render([mermaid(db, graph, 1, 1, ["case_frequency", "median"], "da", orientation) for graph, orientation in made])
    for (graph, _), result in zip(made, results):
        check_rendered(graph, result)


def words(text):
    """HTML makes one of several blanks; word joiners keep punctuation from what follows."""
    return re.sub(r"\s+", " ", text.replace("\u2060", "")).strip()


# ---- random labels -----------------------------------------------------------------------------

# What means something to one of the readers, to be put together in any way.
PIECES = [
    *HOSTILE[:7], *[label for label in ODD if len(label) < 9], *"\"\\{}[]()<>|&#;:`$%@=/-_*~^!?'\t\n", " ", "  ", "\\n", "\\l", "\\N", "\\", "-->", "---", "-.->", "==>", "~~~", "%%", "<br/>", "<!--", "-->", "]]>",
    "</script>", "</title>", "<![CDATA[", "&amp;", "&lt;", "&#60;", "#lt;", "#9829;", "subgraph", "end", "graph", "digraph", "node", "edge", "strict", "click a1 \"javascript:hacked()\"", "style", "classDef", ":::", "@{ shape: cyl }",
    "linkStyle 0", "accTitle:", "direction LR", "fa:fa-x", "$$x$$", "**b**", "~~s~~", "[[", "]]", "((", "))", "{{", "}}", ">x]", "/*", "*/", "//", "http://x.dk", "Løst m. mail", "\u200f", "\u2066", "\u2069", "\ufeff", "\u2028", "\x1b", "\x9b",
]  # fmt: skip


def random_label(rng):
    def piece():
        return rng.choice((rng.choice(PIECES), rng.choice(PIECES), "".join(chr(rng.choice((rng.randint(1, 0x2FF), rng.randint(0xE000, 0x10FFFF)))) for _ in range(rng.randint(1, 4)))))

    label = "".join(piece() for _ in range(rng.choice((1, 2, 3, 5, 9)))) * rng.choice((1, 1, 1, 1, 30))
    return label.encode()[:4096].decode(errors="ignore")


def random_label_graph(rng):
    """A graph of some cases over random labels."""
    labels = list({random_label(rng) for _ in range(rng.randint(1, 7))})
    times = [sorted(rng.choice((n, n * 10**9, n * 10**12)) for n in range(rng.randint(1, 6))) for _ in range(rng.randint(1, 5))]
    return oracle.graph(oracle.Trace(tuple((rng.choice(labels), at) for at in case)) for case in times)


def random_label_graphs(seed, count):
    rng = dice(seed)
    return [random_label_graph(rng) for _ in range(count)]


@pytest.mark.parametrize("seed", range(longer(2, 60)))
def test_random_labels_for_graphviz(db, seed):
    for graph in random_label_graphs(f"dot {seed}", longer(10, 25)):
        check_drawn(graph, drawn(dot(db, graph, 1, 1, ["case_frequency", "median"])))


@pytest.mark.parametrize("seed", range(longer(1, 30)))
def test_random_labels_for_mermaid(db, render, seed):
    made = random_label_graphs(f"mermaid {seed}", longer(8, 20))
    for graph, result in zip(made, render([mermaid(db, graph, 1, 1, ["case_frequency", "median"], "da") for graph in made]), strict=True):
        check_rendered(graph, result)


class Scripts(HTMLParser):
    """The scripts of a page: attributes and text of each, and the names of all elements."""

    def __init__(self, html):
        super().__init__(convert_charrefs=False)
        self.scripts, self.names = [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.names.append(tag)
        if tag == "script":
            self.scripts.append([dict(attributes), ""])

    def handle_data(self, data):
        if self.names and self.names[-1] == "script":
            self.scripts[-1][1] += data


@pytest.mark.parametrize("seed", range(longer(1, 30)))
def test_random_labels_in_pages(db, seed):
    """The page has the elements of its template, and its data are the graph."""
    template = Scripts(value(db, "SELECT page_template()"))
    for number, graph in enumerate(random_label_graphs(f"page {seed}", 40)):
        title = random_label(dice(number))
        page = Scripts(value(db, "SELECT process_map_html(%s::dfg, title => %s)", (oracle.graph_text(graph), title)))
        assert page.names == template.names
        ((_, text),) = [script for script in page.scripts if script[0].get("id") == "data"]
        data = json.loads(text)
        activities, edges = data["activities"]["activity"], data["edges"]
        assert (data["title"], activities) == (title, sorted(graph.activities, key=str.encode))
        assert {(activities[s], activities[t]): n for s, t, n in zip(edges["source"], edges["target"], edges["frequency"])} == {pair: edge.frequency for pair, edge in graph.edges.items()}


# ---- arguments ---------------------------------------------------------------------------------

GRAPH = "'1 {A} 1(1,1,1,1,1)'::dfg"


@pytest.mark.parametrize("function", ("process_map_dot", "process_map_mermaid"))
@pytest.mark.parametrize("arguments, state, said", [
    ("1.5", "22023", "activities must be a share from 0 to 1, not 1.5"),
    ("'NaN'", "22023", "activities must be a share from 0 to 1, not NaN"),
    ("1, -0.1", "22023", "paths must be a share from 0 to 1, not -0.1"),
    ("1, 'infinity'", "22023", "paths must be a share from 0 to 1, not Infinity"),
    ("measures => '{mode}'", "22023", '"mode" is no measure of a map'),
    ("measures => '{median,NULL}'", "22004", "measures must not contain nulls"),
    ("measures => array_fill('median'::text, '{11}')", "22023", "measures has 11 elements, but there are only 10"),
    ("language => 'de'", "22023", 'no language "de" of a map'),
    ("orientation => 'tb'", "22023", 'no orientation "tb" of a map'),
    ("orientation => 'B '", "22023", 'no orientation "B " of a map'),
])  # fmt: skip
def test_errors(db, function, arguments, state, said):
    error = failure(db, f"SELECT {function}({GRAPH}, {arguments})")
    assert (error.sqlstate, error.diag.message_primary) == (state, said)


@pytest.mark.parametrize("function", ("process_map_dot", "process_map_mermaid"))
def test_null(db, function):
    """NULL gives NULL; of no cases there is no graph."""
    for arguments in ("NULL", f"{GRAPH}, NULL", f"{GRAPH}, measures => NULL", f"{GRAPH}, language => NULL"):
        assert value(db, f"SELECT {function}({arguments})") is None
    assert value(db, f"SELECT {function}(dfg_agg(trace)) FROM (SELECT NULL::trace WHERE false) t (trace)") is None


def test_large(db):
    """200 activities and 5,000 edges within a second or so, and simplified to what dot draws."""
    rng = dice("large")
    names = [f"activity {n}" for n in range(200)]
    case = [rng.choice(names) for _ in range(5600)]
    graph = labelled(case)
    assert len(graph.activities) == 200 and len(graph.edges) > 4500
    assert shown(dot(db, graph)) == (set(Map(graph).nodes.values()), set(Map(graph).edges))
    drawn(dot(db, graph, 0.1, 0))
