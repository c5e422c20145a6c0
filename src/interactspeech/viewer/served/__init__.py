"""Pages that need a server: labelling, rating, and the explorer of large corpora.

A small ASGI server (Starlette, uvicorn: the extra ``serve``) answers on this machine only, unless
it is told otherwise, and only to who has the key of a page. `guard` keeps others out, `sources`
reads what is shown, `sound` makes outlines and plays stretches; each page has a module.
"""
