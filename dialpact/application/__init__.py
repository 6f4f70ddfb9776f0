"""What can be done: the use cases, a noun a file. The command line, the pages and the API are doors to them.

A use case takes a :class:`~dialpact.application.context.Context` (where things are kept, who acts, what time
it is), checks that the actor may do it, and returns typed values. It prints nothing, and raises
DialpactError.
"""
