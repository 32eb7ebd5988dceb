"""One page that shows a job and plays it.

contents       Report, AlignReport: all that a page shows
listening      listening copies of the sounds, small enough to travel inside the page
waveform       peaks of a file, for drawing
data           what the page's script is handed, and how it is made of a Report
frame          what all pages share: the file, its policy, escaping
page           write_report: one self-contained HTML file beside the stems
aligned_data, aligned_page   the same of an AlignReport
bank_page      write_bank: the built-in sounds, to be seen and heard
*.html, *.css, *.js   the pages themselves; no framework, no network
"""

from engine.stems.report.aligned_page import write_align_report
from engine.stems.report.bank_page import BankSound, BankTake, write_bank
from engine.stems.report.contents import AlignReport, Heard, Report
from engine.stems.report.page import write_report

__all__ = [
    "AlignReport",
    "BankSound",
    "BankTake",
    "Heard",
    "Report",
    "write_align_report",
    "write_bank",
    "write_report",
]
