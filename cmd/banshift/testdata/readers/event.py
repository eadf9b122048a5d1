"""Prints what banshift.py reads of an event: event.py PAGE EVENT PARQUET EXPORTED MODULE."""

import json
import sys
import urllib.request

address, event, parquet, exported, module = sys.argv[1:]
sys.path.insert(0, module)
import banshift  # noqa: E402


def by_day(table):
    return {
        str(row["day"])[:10]: {"Users": row["clients"], "All": row["all_clients"], "Share": row["clients"] / row["all_clients"]}
        for row in table.to_pylist()
    }


page = banshift.Page(address)


def feed(name):
    with urllib.request.urlopen(address.rstrip("/") + "/" + name) as answer:
        return answer.read().decode()


entries = [item for item in json.loads(feed("feed.json"))["items"] if item["id"].endswith(":" + event)]
print(json.dumps({
    "Study": page.study(event),
    "Served": by_day(page.table("daily", country="ru")),
    "Parquet": by_day(banshift.read(parquet)),
    "Exported": by_day(banshift.read(exported)),
    "Feed": [{"ID": item["id"], "URL": item["url"], "Text": item["content_text"], "Effect": item["_banshift"]} for item in entries],
    "Atom": feed("feed.atom"),
}))
