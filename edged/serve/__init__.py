"""Network front ends: other people's protocols on one asyncio loop, in a thread of its own.

A front end translates; it never hears and never recognizes. Sound goes to the ears (`stream`) or, as a whole
recording, to the jobs; what comes back are events. The microphone is always first: what does not fit beside
it is refused in words.
"""
