"""The whole page, and where it is mounted."""

from __future__ import annotations

import importlib.resources
import os
from typing import Any

from talkinghead.web.placings import Placings
from talkinghead.web.service import Service

_CACHE_S, _EVERY_S = 3600, 600  # for which uploads of the page are kept, and how often that is looked up
_STYLE = """
.gradio-container { max-width: 1080px !important; margin: 0 auto; }
.gradio-container, .gradio-container main { min-width: 0 !important; width: 100% !important; }
.gradio-container .wrap { min-width: 0; }
.th-error { color: #b91c1c; font-weight: 600; }
.dark .th-error { color: #fca5a5; }
.th-note { color: #854d0e; }
.dark .th-note { color: #fde68a; }
progress { width: 100%; height: 1rem; accent-color: #1d4ed8; }
.th-video { width: 100%; max-height: 70vh; background: black; border-radius: 8px; }
.th-curves { width: 100%; background: white; border-radius: 8px; }
.th-links { display: flex; flex-wrap: wrap; gap: .5rem; }
.th-link { display: inline-block; padding: .4rem .8rem; border: 1px solid #94a3b8; border-radius: 6px; color: inherit;
           background: none; text-decoration: none; cursor: pointer; font: inherit; }
.th-link:focus-visible { outline: 2px solid #1d4ed8; outline-offset: 2px; }
.th-frame { width: 100%; height: 75vh; border: 1px solid #94a3b8; border-radius: 8px; background: white; }
.th-placing { width: 100%; height: 80vh; border: 0; border-radius: 8px; }
"""
# Placeholders and hints that can be read.
_CONTRAST = {
    "input_placeholder_color": "*neutral_500",
    "input_placeholder_color_dark": "*neutral_400",
    "block_info_text_color": "*neutral_600",
    "block_info_text_color_dark": "*neutral_300",
}
_EXAMPLES = (("talkinghead.cli", "astronaut.jpg"), ("talkinghead.web", "drawing.png"))
_HEAD = '<meta name="robots" content="noindex"><link rel="icon" href="data:,">'
_INTRODUCTION = (
    "# talkinghead\nA face and a voice become a video of that face saying it. Use only faces and voices whose owners "
    "agree; every video is marked as synthetic."
)


def mount_page(app: Any, service: Service) -> Any:
    """The application with the page at ``/``."""
    folder = service.settings.data / "page"
    folder.mkdir(parents=True, exist_ok=True)
    # Read when Gradio is imported: it would call home, and keep uploads in a folder that others share.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(folder.resolve())
    import gradio as gr

    from talkinghead.web.page.shield import PageShield
    from talkinghead.web.placings import add_placing_routes

    placings = Placings()
    add_placing_routes(app, placings)
    page = make_page(service, placings)
    page.queue(default_concurrency_limit=40, api_open=False)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        ssr_mode=False,
        max_file_size=service.settings.max_upload,
        show_error=False,
        footer_links=[],
        run_history=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
        theme=gr.themes.Default(
            primary_hue="blue", font=("system-ui", "sans-serif"), font_mono=("ui-monospace", "monospace")
        ).set(**_CONTRAST),
        css=_STYLE,
        head=_HEAD,
    )
    mounted = app.routes[-1]
    mounted.app = PageShield(mounted.app, folder)
    return app


def make_page(service: Service, placings: Placings) -> Any:
    """The tabs."""
    import gradio as gr

    from talkinghead.web.page.bridge import Bridge
    from talkinghead.web.page.compare import CompareTab
    from talkinghead.web.page.edit import EditTab
    from talkinghead.web.page.make import MakeTab
    from talkinghead.web.page.persons import PersonsTab
    from talkinghead.web.page.place import PlaceTab
    from talkinghead.web.page.rate import RateTab

    bridge = Bridge(service)
    examples = []
    for package, name in _EXAMPLES:
        examples.append(service.settings.data / "page" / name)
        examples[-1].write_bytes(importlib.resources.files(package).joinpath(name).read_bytes())
    with gr.Blocks(title="talkinghead", analytics_enabled=False, delete_cache=(_EVERY_S, _CACHE_S)) as page:
        gr.Markdown(_INTRODUCTION)
        job, placed = gr.State(None), gr.State(None)
        with gr.Tabs():
            with gr.Tab("Make a video"):
                first = MakeTab(bridge, placings, job=job, placed=placed, examples=examples)
            with gr.Tab("Edit the motion"):
                EditTab(bridge, job=job)
            with gr.Tab("Compare methods"):
                CompareTab(bridge)
            with gr.Tab("Evaluate"):
                RateTab(bridge)
            with gr.Tab("Place landmarks"):
                PlaceTab(bridge, placings, placed=placed, picture=first.picture)
            with gr.Tab("Persons"):
                PersonsTab(bridge, choice=first.person)
    return page
