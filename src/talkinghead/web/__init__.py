"""Pages in the browser and the HTTP service: ``talkinghead serve``, and the page of ``landmarks --edit``."""
