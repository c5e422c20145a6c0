"""Written numbers to spoken English: times, prices, dates, ranges, units, fractions, codes.

Readings are those of speech in the United States (no "and" within a number) unless a form is
British, such as pence. Of two readings of a date in figures (03/04/2021), `DateOrder` decides.

Maintained libraries were weighed (2026): num2words is LGPL and reads bare numbers only; inflect
(MIT) likewise, and takes a second to import. NeMo's text processing (Apache-2.0) covers much of
this through Pynini grammars: 60 MB compiled, no wheels for Windows, and seconds to start.
WeTextProcessing (Apache-2.0) needs Pynini too and its English is younger than its Chinese. A list
of rules that are tried in order costs microseconds a turn, and tests/lexicon/readings.tsv holds it
to what people say.

```
 signs       signs of Unicode, before all else
 matching    what the rules share
 dates, times, prices, codes, fractions, ranges, quantities     patterns and how they are read
 spelling    the order in which they are tried, and a whole text
```
"""

from interactspeech.lexicon.numbers.dates import DateOrder
from interactspeech.lexicon.numbers.signs import plain_signs
from interactspeech.lexicon.numbers.spelling import spell_numbers

__all__ = ["DateOrder", "plain_signs", "spell_numbers"]
