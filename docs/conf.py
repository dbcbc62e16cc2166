"""How the documentation is built: sphinx-build -W -b html docs build/docs."""

project = "bodytwin"
author = "The bodytwin founders"
copyright = "The bodytwin founders"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["build"]
html_theme = "furo"
html_title = "bodytwin"
html_static_path: list[str] = []
