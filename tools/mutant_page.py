def page(found, known):
    return ""
