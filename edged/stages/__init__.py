"""Sound in, text out. `ls` sorts the rooms in the order of flow; no stage imports another.

           +----------------------------- path thread -----------------------------+
source --> ring --> denoise --> mel --> embedding --> heads --> activation --> listen --> recognize --> sinks
(audio)    (30 s,               (features)            (heads)                  VAD,       child
            raw)                                                               endpoint   process
"""
