"""The report: one HTML file about a plan that opens anywhere, also without a network.

`page.write` makes it; see there. Sections are functions from a `context.ReportContext` to HTML, listed in `page`.
"""
