"""The page at ``/``, made with Gradio; everything it does goes through ``Service``."""
