"""Every sentence that the bot answers with. Plain short Chinese, no jargon; digits grouped; one thing a line.

Handlers decide what is said, these pages how. Names of indicators, duties and examples come from the campaign file.
The package reads as one: wording.recorded_head(...), whatever page it stands on.
"""

# ruff: noqa: F403  # the pages are one vocabulary; no two may use a name twice, which a test checks
from handlers.wording.answers import *
from handlers.wording.changes import *
from handlers.wording.correcting import *
from handlers.wording.doubt import *
from handlers.wording.enough import *
from handlers.wording.errors import *
from handlers.wording.evidence import *
from handlers.wording.excusing import *
from handlers.wording.explaining import *
from handlers.wording.export import *
from handlers.wording.extending import *
from handlers.wording.form import *
from handlers.wording.incidents import *
from handlers.wording.issues import *
from handlers.wording.joining import *
from handlers.wording.leave import *
from handlers.wording.many import *
from handlers.wording.papers import *
from handlers.wording.people import *
from handlers.wording.pictures import *
from handlers.wording.ranking import *
from handlers.wording.records import *
from handlers.wording.report_history import *
from handlers.wording.reporting import *
from handlers.wording.running import *
from handlers.wording.several import *
from handlers.wording.snooze import *
from handlers.wording.state import *
from handlers.wording.status import *
from handlers.wording.words import *
