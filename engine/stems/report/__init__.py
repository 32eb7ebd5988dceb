"""One page that shows a job and plays it.

contents   Report: all that a page shows
listening  listening copies of the sounds, small enough to travel inside the page
waveform   peaks of a file, for drawing
frame      what all pages share: the file, its policy, escaping
data       what the page's script is handed, and how it is made of a Report
page       write_report: one self-contained HTML file beside the stems
page.html, page.css, *.js   the page itself; no framework, no network
"""

from engine.stems.report.contents import Report
from engine.stems.report.page import write_report

__all__ = ["Report", "write_report"]
