-------------------------------- MODULE Lease --------------------------------
(* One object of docs/leases.md: a leader, its clients, two connections for    *)
(* each session (operations; notices and acknowledgements), a clock for each.  *)
(* The object is a register. Each change has a number, given in the order in   *)
(* which changes take effect, so "older" is "less".                            *)
(*                                                                             *)
(* Operations and their replies of a client come in any order, as if each had  *)
(* a connection of its own. Simplifications: write-back is one at a time;      *)
(* opening and resuming a session is one step;                                 *)
(* what a broken connection carried is lost, and the operation is given up     *)
(* (ExactlyOnce.tla has the retry).                                            *)
EXTENDS Integers, Sequences, FiniteSets, TLC

CONSTANTS
  Clients,
  Plain,     \* those that never are granted anything and do not expire, as a 9P client
  Silent,    \* those that may stop for good at any point
  Writers,   \* those that write
  Threads,   \* operations that a client can have under way
  Term,      \* of a lease, in ticks
  Margin,    \* what the leader waits longer
  Drift,     \* how far two clocks come apart
  Timed,     \* FALSE: no time passes
  Endless,   \* TRUE: operations without end, for temporal properties
  MaxVer,    \* changes
  MaxSeq,    \* grants to one session
  MaxOps,    \* operations sent to the leader
  MaxLoss,   \* connections lost
  MaxSess,   \* sessions of one client
  Broken     \* the rule that is left out; "none"

VARIABLES
  \* the leader
  val, queue, hold, live, lsess, lleft,
  \* the clients, and what is on the way to them and from them
  cl, net,
  \* the world
  skew, ops, losses,
  \* what the properties need to know: last number given, greatest number that anybody was told
  \* of, greatest that was promised to stay, changes kept back that a fence took
  last, acked, durable, lost

leader == <<val, queue, hold, live, lsess, lleft>>
world  == <<skew, ops, losses>>
ghost  == <<last, acked, durable, lost>>
vars   == <<leader, cl, net, world, ghost>>

NONE == 0
SHARED == 1
EXCLUSIVE == 2
NoRecall == -1

Max(a, b) == IF a > b THEN a ELSE b
Min(a, b) == IF a < b THEN a ELSE b

\* Sequence numbers wrap around. Without end and without upgrades two are enough: this one, or another.
SeqMod == IF Endless THEN 2 ELSE 64
NotNewer(a, b) == (b - a) % SeqMod < SeqMod \div 2

NoOp == [k |-> "none", begin |-> 0, fill |-> FALSE]
NoPing == [at |-> "none", age |-> 0]
NoLease == [mode |-> NONE, seq |-> 0, rec |-> NoRecall, mute |-> FALSE]
Empty == [upO |-> <<>>, upN |-> <<>>, dnO |-> <<>>, dnN |-> <<>>]

Session(s) ==
  [sess |-> s, up |-> TRUE, mode |-> NONE, seq |-> 0, floor |-> 0, ver |-> 0, dirty |-> 0,
   wb |-> 0, ret |-> NoRecall,
   op |-> [i \in Threads |-> NoOp], left |-> Term, ping |-> NoPing]

Wait == Term + (IF Broken = "Margin" THEN 0 ELSE Margin)

\* Without end there is one number, as temporal properties do not look at it.
First == IF Endless THEN MaxVer ELSE 0

Init ==
  /\ val = First /\ queue = <<>>
  /\ hold = [c \in Clients |-> NoLease]
  /\ live = [c \in Clients |-> TRUE]
  /\ lsess = [c \in Clients |-> 1]
  /\ lleft = [c \in Clients |-> Wait]
  /\ cl = [c \in Clients |-> Session(1)]
  /\ net = [c \in Clients |-> Empty]
  /\ skew = [c \in Clients |-> 0]
  /\ ops = 0 /\ losses = 0
  /\ last = First /\ acked = First /\ durable = First /\ lost = {}

NextVer == IF Endless THEN Min(last + 1, MaxVer) ELSE last + 1
MayChange == Endless \/ last < MaxVer

\* v is no older than begin, but for changes that a fence took.
NotOlder(v, begin) == \A i \in (v + 1) .. begin : i \in lost

Usable(c) == cl[c].up /\ (cl[c].left > 0 \/ Broken = "Deadline")

RemoveAt(q, j) == SubSeq(q, 1, j - 1) \o SubSeq(q, j + 1, Len(q))

\* Any place of the messages on the way, or the first: temporal properties need it to be fair.
Places(q) == IF Endless THEN 1 .. Min(1, Len(q)) ELSE 1 .. Len(q)

(***************************** the leader *************************************)

Without(q, c) == SelectSeq(q, LAMBDA e : e.c # c)

Conflicting(c, k) ==
  {d \in Clients \ {c} : hold[d].mode >= (IF k = "read" THEN EXCLUSIVE ELSE SHARED)}

Target(k) == IF k = "read" THEN SHARED ELSE NONE

Recalling == \E d \in Clients : hold[d].rec # NoRecall

\* Rule B left out: the operation that waits for acknowledgements has the inode.
InodeHeld == Broken = "B" /\ queue # <<>> /\ Recalling

\* Modes that a reply may grant. Rule D.
Grants(c, k, rest) ==
  {g \in {SHARED, EXCLUSIVE} :
    /\ c \notin Plain
    /\ g > hold[c].mode
    /\ Endless => hold[c].mode = NONE
    /\ k = "write" => g = EXCLUSIVE
    /\ \A d \in Clients \ {c} : hold[d].mode + g <= 2
    /\ Endless \/ hold[c].seq < MaxSeq
    /\ Broken = "Grant" \/ (rest = <<>> /\ ~Recalling)}

\* The operation takes effect, and its reply leaves with grant g (NONE: none).
Apply(e, g, rest) ==
  LET c == e.c
      k == e.k
      v == IF k = "write" THEN NextVer ELSE val
      h == IF g = NONE THEN hold[c]
           ELSE [hold[c] EXCEPT !.mode = g, !.seq = (@ + 1) % SeqMod]
  IN /\ val' = v
     /\ last' = IF k = "write" THEN v ELSE last
     /\ hold' = [hold EXCEPT ![c] = h]
     /\ queue' = rest
     /\ net' = [net EXCEPT ![c].dnO =
                  Append(@, [t |-> k, i |-> e.i, s |-> lsess[c], v |-> v, m |-> h.mode, q |-> h.seq])]

Serve ==
  /\ queue # <<>>
  /\ LET e == Head(queue)
         conf == Conflicting(e.c, e.k)
     IN /\ e.k \in {"read", "write"}
        /\ \/ conf = {}
           \/ /\ Broken = "A"
              /\ \A d \in conf : hold[d].rec # NoRecall
        /\ e.k = "write" => MayChange
        /\ \E g \in {NONE} \cup Grants(e.c, e.k, Tail(queue)) : Apply(e, g, Tail(queue))
  /\ UNCHANGED <<live, lsess, lleft, cl, world, acked, durable, lost>>

Recall(d) ==
  /\ queue # <<>>
  /\ LET e == Head(queue)
     IN /\ e.k \in {"read", "write"}
        /\ d \in Conflicting(e.c, e.k)
        /\ hold[d].rec = NoRecall \/ hold[d].rec > Target(e.k)
        /\ hold' = [hold EXCEPT ![d].rec = Target(e.k)]
        /\ net' = IF cl[d].up
                  THEN [net EXCEPT ![d].dnN =
                          Append(@, [q |-> hold[d].seq, to |-> Target(e.k), s |-> lsess[d]])]
                  ELSE net
  /\ UNCHANGED <<val, queue, live, lsess, lleft, cl, world, ghost>>

Current(c, s) == live[c] /\ s = lsess[c]

\* Broken "Fence": a write of a session that is gone is taken.
WriteBack(c, j, m) ==
  /\ val' = m.v
  /\ net' = [net EXCEPT ![c].upO = RemoveAt(@, j),
                        ![c].dnO = Append(@, [t |-> "wb", i |-> 0, s |-> m.s, v |-> m.v, m |-> 0, q |-> 0])]

TakeOperation(c, j) ==
  /\ j <= Len(net[c].upO)
  /\ LET m == net[c].upO[j]
     IN IF m.t = "wb"
        THEN /\ ~InodeHeld
             /\ CASE ~Current(c, m.s) /\ Broken # "Fence" ->
                       /\ net' = [net EXCEPT ![c].upO = RemoveAt(@, j),
                            ![c].dnO = Append(@, [t |-> "stale", i |-> 0, s |-> m.s, v |-> 0, m |-> 0, q |-> 0])]
                       /\ UNCHANGED <<val, queue, hold, last>>
                  [] Broken = "C" /\ queue # <<>> ->
                       /\ queue' = Append(queue, [c |-> c, k |-> "wb", i |-> 0, v |-> m.v])
                       /\ net' = [net EXCEPT ![c].upO = RemoveAt(@, j)]
                       /\ UNCHANGED <<val, hold, last>>
                  [] OTHER -> WriteBack(c, j, m) /\ UNCHANGED <<queue, hold, last>>
        ELSE IF ~Current(c, m.s)
        THEN /\ net' = [net EXCEPT ![c].upO = RemoveAt(@, j),
                  ![c].dnO = Append(@, [t |-> "stale", i |-> 0, s |-> m.s, v |-> 0, m |-> 0, q |-> 0])]
             /\ UNCHANGED <<val, queue, hold, last>>
        ELSE /\ queue' = IF Broken = "Newest" /\ queue # <<>>
                         THEN <<[c |-> c, k |-> m.t, i |-> m.i, v |-> 0]>> \o queue
                         ELSE Append(queue, [c |-> c, k |-> m.t, i |-> m.i, v |-> 0])
             /\ net' = [net EXCEPT ![c].upO = RemoveAt(@, j)]
             /\ UNCHANGED <<val, hold, last>>
  /\ UNCHANGED <<live, lsess, lleft, cl, world, acked, durable, lost>>

\* Broken "C": a write-back that was parked has come to the head.
ServeParkedWriteBack ==
  /\ queue # <<>> /\ Head(queue).k = "wb"
  /\ LET e == Head(queue)
     IN /\ val' = e.v
        /\ queue' = Tail(queue)
        /\ net' = [net EXCEPT ![e.c].dnO =
                     Append(@, [t |-> "wb", i |-> 0, s |-> lsess[e.c], v |-> e.v, m |-> 0, q |-> 0])]
  /\ UNCHANGED <<hold, live, lsess, lleft, cl, world, ghost>>

\* Broken "Grant": a read that finds nobody EXCLUSIVE is served and granted beside a recall.
ServeBeside ==
  /\ Broken = "Grant"
  /\ \E i \in 2 .. Len(queue) :
       /\ queue[i].k = "read"
       /\ Conflicting(queue[i].c, "read") = {}
       /\ \E g \in {NONE} \cup (Grants(queue[i].c, "read", <<>>) \ {EXCLUSIVE}) :
            Apply(queue[i], g, SubSeq(queue, 1, i - 1) \o SubSeq(queue, i + 1, Len(queue)))
  /\ UNCHANGED <<live, lsess, lleft, cl, world, acked, durable, lost>>

TakeReturn(c) ==
  /\ net[c].upN # <<>>
  /\ ~InodeHeld
  /\ LET m == Head(net[c].upN)
         h == hold[c]
         mode == Min(h.mode, m.m)
     IN hold' = IF Current(c, m.s) /\ m.q = h.seq /\ h.mode # NONE
                THEN [hold EXCEPT ![c].mode = mode,
                                  ![c].rec = IF mode <= @ THEN NoRecall ELSE @,
                                  ![c].mute = @ /\ mode > h.rec]
                ELSE hold
  /\ net' = [net EXCEPT ![c].upN = Tail(@)]
  /\ UNCHANGED <<val, queue, live, lsess, lleft, cl, world, ghost>>

\* The holder has had time enough, here any time: nothing renews its session until it answers.
Mute(c) ==
  /\ Timed /\ Broken # "Mute" /\ hold[c].rec # NoRecall /\ ~hold[c].mute
  /\ hold' = [hold EXCEPT ![c].mute = TRUE]
  /\ UNCHANGED <<val, queue, live, lsess, lleft, cl, net, world, ghost>>

TakePing(c) ==
  /\ cl[c].ping.at = "up"
  /\ IF hold[c].mute
     THEN cl' = [cl EXCEPT ![c].ping = NoPing] /\ UNCHANGED lleft
     ELSE /\ cl' = [cl EXCEPT ![c].ping.at = "down"]
          /\ lleft' = [lleft EXCEPT ![c] = IF live[c] THEN Wait ELSE @]
  /\ UNCHANGED <<val, queue, hold, live, lsess, net, world, ghost>>

\* What a fence takes with it: changes that the client kept back.
LostBy(c) == IF cl[c].sess = lsess[c] THEN (val + 1) .. cl[c].dirty ELSE {}

Expire(c) ==
  /\ Timed /\ c \notin Plain /\ live[c] /\ lleft[c] = 0
  /\ live' = [live EXCEPT ![c] = FALSE]
  /\ hold' = [hold EXCEPT ![c] = NoLease]
  /\ queue' = Without(queue, c)
  /\ lost' = lost \cup LostBy(c)
  /\ UNCHANGED <<val, lsess, lleft, cl, net, world, last, acked, durable>>

(***************************** the clients ************************************)

OwnChange(c) == \E i \in Threads : cl[c].op[i].k = "write"
NoFill(o) == [i \in Threads |-> [o[i] EXCEPT !.fill = FALSE]]

\* While an own change is under way the copy is not used, and no reply fills it.
Start(c, i, k) ==
  /\ cl[c].up /\ cl[c].op[i] = NoOp
  /\ cl[c].dirty = 0 /\ cl[c].wb = 0 /\ cl[c].ret = NoRecall
  /\ k = "read" => (Endless \/ cl[c].ver = 0 \/ ~Usable(c))
  /\ k = "write" => (c \in Writers /\ cl[c].mode # EXCLUSIVE /\ MayChange)
  /\ Endless \/ ops < MaxOps
  /\ ops' = IF Endless THEN ops ELSE ops + 1
  /\ LET o == IF k = "write" /\ Broken # "Fill" THEN NoFill(cl[c].op) ELSE cl[c].op
         fill == ~Endless /\ (~OwnChange(c) \/ Broken = "Fill")
     IN cl' = [cl EXCEPT
          ![c].op = [o EXCEPT ![i] =
                       [k |-> k, begin |-> IF Endless THEN 0 ELSE acked, fill |-> fill]],
          ![c].ver = IF k = "write" /\ Broken # "Own" THEN 0 ELSE @]
  /\ net' = [net EXCEPT ![c].upO = Append(@, [t |-> k, i |-> i, s |-> cl[c].sess, v |-> 0])]
  /\ UNCHANGED <<leader, skew, losses, ghost>>

KeepBack(c) ==
  /\ Usable(c) /\ cl[c].mode = EXCLUSIVE /\ cl[c].ret = NoRecall
  /\ c \in Writers
  /\ ~OwnChange(c)
  /\ MayChange
  /\ last' = NextVer
  /\ acked' = NextVer
  /\ cl' = [cl EXCEPT ![c].ver = IF Endless THEN 0 ELSE NextVer, ![c].dirty = NextVer, ![c].op = NoFill(@)]
  /\ UNCHANGED <<leader, net, world, durable, lost>>

Flush(c) ==
  /\ cl[c].up /\ cl[c].dirty # 0 /\ cl[c].wb = 0
  /\ cl' = [cl EXCEPT ![c].wb = cl[c].dirty]
  /\ net' = [net EXCEPT ![c].upO = Append(@, [t |-> "wb", i |-> 0, s |-> cl[c].sess, v |-> cl[c].dirty])]
  /\ UNCHANGED <<leader, world, ghost>>

\* The lease that a reply names, if it is still to be believed.
AfterReply(c, m) ==
  LET s == cl[c]
      known == s.mode # NONE /\ m.q = s.seq
      older == s.mode # NONE /\ ~known /\ NotNewer(m.q, s.seq)
      taken == /\ m.m # NONE
               /\ Broken = "Floor" \/ ~NotNewer(m.q, s.floor)
               /\ Broken = "Older" \/ ~older
  IN IF ~taken THEN [s EXCEPT !.op[m.i] = NoOp]
     ELSE [s EXCEPT !.op[m.i] = NoOp,
                    !.mode = IF known THEN Min(@, m.m) ELSE m.m,
                    !.seq = m.q,
                    !.ver = IF s.op[m.i].fill THEN m.v ELSE @]

Reopened(c) == IF cl[c].sess < MaxSess THEN Session(cl[c].sess + 1)
               ELSE [Session(cl[c].sess + 1) EXCEPT !.up = FALSE, !.left = 0]

\* The client learns that its session is gone: it drops everything, says so, and begins anew.
Anew(c) ==
  /\ cl' = [cl EXCEPT ![c] = Reopened(c)]
  /\ net' = [net EXCEPT ![c].dnO = <<>>, ![c].dnN = <<>>]
  /\ hold' = [hold EXCEPT ![c] = NoLease]
  /\ queue' = Without(queue, c)
  /\ lsess' = [lsess EXCEPT ![c] = cl[c].sess + 1]
  /\ live' = [live EXCEPT ![c] = cl[c].sess < MaxSess]
  /\ lleft' = [lleft EXCEPT ![c] = Wait]
  /\ lost' = lost \cup LostBy(c)

TakeReply(c, j) ==
  /\ j <= Len(net[c].dnO)
  /\ LET m == net[c].dnO[j]
     IN IF m.t = "stale"
        THEN Anew(c) /\ UNCHANGED <<val, world, last, acked, durable>>
        ELSE /\ net' = [net EXCEPT ![c].dnO = RemoveAt(@, j)]
             /\ cl' = [cl EXCEPT ![c] =
                  IF m.t = "wb"
                  THEN [@ EXCEPT !.wb = 0, !.dirty = IF @ = m.v THEN 0 ELSE @]
                  ELSE AfterReply(c, m)]
             /\ acked' = Max(acked, m.v)
             /\ durable' = IF m.t = "read" THEN durable ELSE Max(durable, m.v)
             /\ UNCHANGED <<leader, world, last, lost>>

TakeRecall(c) ==
  /\ net[c].dnN # <<>>
  /\ LET m == Head(net[c].dnN)
         s == cl[c]
         held == s.mode # NONE /\ s.seq = m.q
         \* A newer grant is known: this recall is of an older one.
         newer == s.mode # NONE /\ ~NotNewer(s.seq, m.q)
         answer(mode) ==
           [net EXCEPT ![c].dnN = Tail(@),
                       ![c].upN = Append(@, [s |-> s.sess, q |-> m.q, m |-> mode])]
     IN CASE held /\ s.mode > m.to ->
               /\ cl' = [cl EXCEPT ![c].ret = IF @ = NoRecall THEN m.to ELSE Min(@, m.to)]
               /\ net' = [net EXCEPT ![c].dnN = Tail(@)]
          [] held /\ s.mode <= m.to ->
               /\ net' = answer(s.mode)
               /\ UNCHANGED cl
          [] ~held /\ newer ->
               /\ net' = answer(NONE)
               /\ UNCHANGED cl
          [] OTHER ->
               \* The reply with this grant is still on its way. What is held is older: superseded.
               /\ net' = answer(NONE)
               /\ cl' = [cl EXCEPT
                    ![c].floor = IF NotNewer(m.q, @) THEN @ ELSE m.q,
                    ![c].mode = IF Broken = "Superseded" THEN @ ELSE NONE,
                    ![c].ver = IF Broken = "Superseded" THEN @ ELSE 0]
  /\ UNCHANGED <<leader, world, ghost>>

GiveUp(c, mode) ==
  /\ cl' = [cl EXCEPT ![c].mode = mode, ![c].ret = NoRecall,
                      ![c].ver = IF mode = NONE THEN 0 ELSE @,
                      ![c].dirty = IF Broken = "AckFirst" /\ mode = NONE THEN 0 ELSE @,
                      ![c].floor = IF mode = NONE THEN cl[c].seq ELSE @]
  /\ net' = [net EXCEPT ![c].upN = Append(@, [s |-> cl[c].sess, q |-> cl[c].seq, m |-> mode])]

Clean(c) == (cl[c].dirty = 0 /\ cl[c].wb = 0) \/ Broken = "AckFirst"

Acknowledge(c) ==
  /\ cl[c].up /\ cl[c].ret # NoRecall /\ Clean(c)
  /\ GiveUp(c, cl[c].ret)
  /\ UNCHANGED <<leader, world, ghost>>

ReturnUnasked(c) ==
  /\ ~Endless
  /\ cl[c].up /\ cl[c].ret = NoRecall /\ Clean(c)
  /\ net[c].upN = <<>>
  /\ \E mode \in {NONE, SHARED} : mode < cl[c].mode /\ GiveUp(c, mode)
  /\ UNCHANGED <<leader, world, ghost>>

Ping(c) ==
  /\ Timed /\ c \notin Plain /\ cl[c].up /\ cl[c].ping.at = "none" /\ cl[c].left < Term
  /\ cl' = [cl EXCEPT ![c].ping = [at |-> "up", age |-> 0]]
  /\ UNCHANGED <<leader, net, world, ghost>>

TakePong(c) ==
  /\ cl[c].ping.at = "down"
  /\ IF Current(c, cl[c].sess)
     THEN /\ cl' = [cl EXCEPT ![c].ping = NoPing, ![c].left = Max(@, Term - cl[c].ping.age)]
          /\ UNCHANGED <<leader, net, world, ghost>>
     ELSE Anew(c) /\ UNCHANGED <<val, world, last, acked, durable>>

(***************************** the world **************************************)

\* The leader's clock ticks; each client's once, not at all, or twice.
Tick ==
  /\ Timed
  /\ \E c \in Clients \ Plain : lleft[c] > 0 \/ cl[c].left > 0
  /\ \A c \in Clients \ Plain : live[c] => lleft[c] > 0
  /\ \E t \in [Clients \ Plain -> 0 .. 2] :
       /\ \A c \in Clients \ Plain : skew[c] + 1 - t[c] \in 0 .. Drift
       /\ skew' = [c \in Clients |-> IF c \in Plain THEN 0 ELSE skew[c] + 1 - t[c]]
       /\ lleft' = [c \in Clients |-> IF c \in Plain THEN lleft[c] ELSE Max(0, lleft[c] - 1)]
       /\ cl' = [c \in Clients |->
            IF c \in Plain THEN cl[c]
            ELSE [cl[c] EXCEPT
                   !.left = Max(0, @ - t[c]),
                   !.ping = IF @.at = "none" THEN @ ELSE [@ EXCEPT !.age = Min(Term, @ + t[c])]]]
  /\ UNCHANGED <<val, queue, hold, live, lsess, net, ops, losses, ghost>>

Lose(c) ==
  /\ losses < MaxLoss /\ cl[c].up
  /\ losses' = losses + 1
  /\ net' = [net EXCEPT ![c] = Empty]
  /\ queue' = Without(queue, c)
  /\ cl' = [cl EXCEPT ![c].up = FALSE, ![c].op = [i \in Threads |-> NoOp], ![c].wb = 0, ![c].ret = NoRecall,
                      ![c].ping = NoPing]
  /\ UNCHANGED <<val, hold, live, lsess, lleft, skew, ops, ghost>>

Resume(c) ==
  /\ ~cl[c].up /\ cl[c].sess <= MaxSess
  /\ IF Current(c, cl[c].sess)
     THEN /\ cl' = [cl EXCEPT ![c].up = TRUE]
          /\ net' = IF hold[c].rec = NoRecall \/ Broken = "Resend" THEN net
                    ELSE [net EXCEPT ![c].dnN =
                            <<[q |-> hold[c].seq, to |-> hold[c].rec, s |-> lsess[c]]>>]
          /\ UNCHANGED <<leader, world, ghost>>
     ELSE Anew(c) /\ UNCHANGED <<val, world, last, acked, durable>>

\* The client process ends, and another with its id begins; requests of the old one are on the way.
Restart(c) ==
  /\ cl[c].up /\ cl[c].sess < MaxSess
  /\ Anew(c)
  /\ UNCHANGED <<val, world, last, acked, durable>>

LeaderOf(c) ==
  \/ \E j \in Places(net[c].upO) : TakeOperation(c, j)
  \/ TakeReturn(c) \/ TakePing(c) \/ Mute(c) \/ Expire(c) \/ Recall(c)

Next ==
  \/ Serve \/ ServeParkedWriteBack \/ ServeBeside \/ Tick
  \/ \E c \in Clients :
       \/ LeaderOf(c)
       \/ \E i \in Threads : Start(c, i, "read") \/ Start(c, i, "write")
       \/ KeepBack(c) \/ Flush(c)
       \/ \E j \in Places(net[c].dnO) : TakeReply(c, j)
       \/ TakeRecall(c) \/ Acknowledge(c) \/ ReturnUnasked(c)
       \/ Ping(c) \/ TakePong(c)
       \/ Lose(c) \/ Resume(c) \/ Restart(c)

Spec == Init /\ [][Next]_vars

\* The leader works and clocks go on; clients that are not silent answer. Nobody must begin anything.
Fairness ==
  /\ WF_vars(Serve) /\ WF_vars(ServeParkedWriteBack) /\ WF_vars(Tick)
  /\ \A c \in Clients :
       /\ WF_vars(TakeOperation(c, 1)) /\ WF_vars(TakeReturn(c)) /\ WF_vars(Recall(c))
       /\ WF_vars(Mute(c)) /\ WF_vars(Expire(c))
  /\ \A c \in Clients \ Silent :
       /\ WF_vars(TakeReply(c, 1)) /\ WF_vars(TakeRecall(c)) /\ WF_vars(Acknowledge(c))
       /\ WF_vars(cl[c].ret # NoRecall /\ Flush(c)) /\ WF_vars(Resume(c))

LiveSpec == Spec /\ Fairness

(***************************** what must hold *********************************)

\* No read returns less than was acknowledged to anybody before it began: neither from a copy ...
RuleA ==
  /\ \A c \in Clients :
       Usable(c) /\ cl[c].mode # NONE /\ cl[c].ver # 0 => NotOlder(cl[c].ver, acked)
  \* ... nor from the leader.
  /\ \A c \in Clients : \A j \in 1 .. Len(net[c].dnO) :
       LET m == net[c].dnO[j] IN m.t = "read" => NotOlder(m.v, cl[c].op[m.i].begin)

\* Of what was acknowledged, all is with the leader, or kept back by a session that lives, or was
\* taken by a fence; and nothing that was promised to stay was taken, or written over by older bytes.
NoLostWrite ==
  /\ durable <= val
  /\ durable \notin lost
  /\ \A i \in 1 .. acked :
       \/ i <= val
       \/ i \in lost
       \/ \E c \in Clients : Current(c, cl[c].sess) /\ i <= cl[c].dirty

Holds(c, mode) == Usable(c) /\ cl[c].mode >= mode

ExclusiveAlone ==
  \A c, d \in Clients : c # d =>
    /\ hold[c].mode + hold[d].mode <= 2
    /\ ~(Holds(c, EXCLUSIVE) /\ Holds(d, SHARED))

\* The leader knows of every lease that a client may use.
Known == \A c \in Clients : Usable(c) /\ cl[c].mode # NONE => hold[c].mode >= cl[c].mode

\* Every recall is answered,
RuleB == \A c \in Clients : (hold[c].rec # NoRecall) ~> (hold[c].rec = NoRecall)
\* every write-back,
RuleC == \A c \in Clients \ Silent : (cl[c].wb # 0) ~> (cl[c].wb = 0)
\* and every operation.
RuleD == \A c \in Clients \ Silent : \A i \in Threads : (cl[c].op[i] # NoOp) ~> (cl[c].op[i] = NoOp)

Symmetry == Permutations(Clients)
=============================================================================
