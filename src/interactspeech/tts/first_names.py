"""Common English first names that are given to one sex nearly always.

A table of everyday facts, for casting: a voice that does not fit the name in the text is heard at
once. Names that both sexes bear (Alex, Chris, Jordan, Kim, Lee, Pat, Robin, Sam, Taylor, ...) are
not in it, and neither is anybody's own choice: `--sex NAME=...` and `--voice NAME=...` go first.
"""

from __future__ import annotations

from interactspeech.lexicon.words import words

FEMALE: frozenset[str] = words(
    """
    abigail ada agnes alice alicia alison amanda amber amelia amy ana andrea angela anita ann anna
    anne annie april audrey barbara beatrice becky bella beth betty brenda bridget caitlin carla
    carmen carol caroline catherine cathy charlotte chloe christina christine cindy claire clara
    cora cynthia daisy daphne deborah debra denise diana diane donna doris dorothy edith eileen
    elaine eleanor elena eliza elizabeth ella ellen elsa emily emma erica erin esther eva eve
    evelyn fatima fiona florence frances gabriella gail georgia gina gloria grace greta gwen hannah
    hazel heather heidi helen holly irene iris isabel isabella ivy jane janet janice jasmine jean
    jenna jennifer jenny jessica jill joan joanna josephine joyce judith judy julia julie june
    karen kate katherine kathleen kathryn katie kayla kelsey kristen laura lauren leah lena lily
    linda lisa liz lois lola louise lucia lucy lydia mabel madison maggie maisie mandy margaret
    maria marie marilyn marion martha mary maya megan melanie melissa mia michelle mildred miranda
    molly monica nadia nancy naomi natalie natasha nicole nina nora olga olive olivia pamela
    patricia paula pauline peggy penelope penny phoebe polly priya rachel rebecca rita rosa rose
    rosie ruby ruth sabrina sally samantha sandra sara sarah sharon sheila shirley silvia sofia
    sonia sophia sophie stella stephanie sue susan suzanne sylvia tamara tara teresa theresa tina
    tracey trisha ursula valerie vanessa vera veronica victoria violet virginia vivian wendy yvonne
    zara zoe
    """
)
MALE: frozenset[str] = words(
    """
    aaron adam ahmed alan albert alexander alfred andrew anthony antonio arnold arthur ben benjamin
    bernard bill bob brad bradley brandon brian bruce bryan caleb calvin carl carlos cecil charles
    clarence clive colin connor craig curtis cyril dale damian dan daniel darren dave david dean
    dennis derek diego dominic don donald doug douglas duncan dustin dylan earl edgar edmund eduardo
    edward edwin elijah eric ernest ethan eugene felix fernando francisco frank fred frederick
    gareth gary gavin geoffrey george gerald gilbert glenn gordon graham greg gregory guy harold
    harry harvey hector henry herbert howard hugh ian isaac ivan jack jacob jake james jason javier
    jeff jeffrey jeremy jerome jim jimmy joe joel john johnny jonathan jorge jose joseph joshua juan
    justin keith kenneth kevin kyle larry laurence lawrence leo leon leonard leroy lewis liam louis
    lucas luis luke malcolm manuel marcus mario mark martin marvin matt matthew maurice max michael
    miguel mike mohammed nathan neil nicholas nick nigel noah norman oliver omar oscar owen pablo
    patrick paul pedro peter phil philip phillip rafael ralph ramon raymond ricardo richard rick
    robert roberto rodney roger roland ron ronald ross roy russell ryan samuel scott sean sebastian
    seth simon stan stanley stephen steve steven stuart ted thomas tim timothy toby todd tom tommy
    tony trevor tyler victor vincent walter warren wayne will william zachary
    """
)


def sex_of_name(name: str) -> str:
    """The sex of most people of that first name: ``"female"``, ``"male"``; "" where it is open.

    >>> sex_of_name("Ana"), sex_of_name("ben Hill"), sex_of_name("Robin")
    ('female', 'male', '')
    """
    parts = name.split()
    first = parts[0].strip(".,'\"").lower() if parts else ""
    if first in FEMALE:
        return "female"
    return "male" if first in MALE else ""
