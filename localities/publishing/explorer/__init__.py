"""One page per partnership, and one for all of Scotland: a map, a list, the reasons; one file, no server, no network.

What a page holds is in `content`, the shapes in `topology`, and `page` writes the file: a template (``page.html``), its
look (``page.css``), what it does (``page.js``), and the map library, which comes from the wheel of vl-convert.
"""
