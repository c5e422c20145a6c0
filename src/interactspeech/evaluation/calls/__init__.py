"""Reports on calls: who talked over whom, who waited, and whether the sound can be trusted.

```
recording ─► analysis ─┬─ trust: what is wrong with the sound, and which figures that spoils
                       ├─ incidents: every answer, interruption, silence, ..., with its time
                       └─ timeline: talk and loudness, for the page
analyses ─► overall ─► page, JSON, tables, JUnit, Markdown · conditions and pins for a build
```
`interactspeech.pipelines.reporting` runs all of it; docs/calls.md is the guide.
"""
