----------------------------- MODULE ExactlyOnce -----------------------------
(* "Applied once" of docs/leases.md: one client with slots, which sends each   *)
(* change as (slot, seq) and, when its connection is lost, again on the next   *)
(* one. A lost connection goes on existing for the leader: what it carried may *)
(* come at any later time, or never, and twice. Applying takes time: a change  *)
(* may have to wait in the leader (for a recall, for a lock) between its       *)
(* beginning and its end. A second client with the same id begins while the    *)
(* first one's requests are still on the way.                                  *)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS
  Slots,     \* of a session
  Changes,   \* how many changes a client makes
  MaxConn,   \* connections, all told
  MaxSess,   \* sessions: clients with this id, one after the other
  Broken     \* the rule that is left out; "none"

VARIABLES
  sess,      \* the session of the client that lives
  conn,      \* its connection
  open,      \* it is connected
  made,      \* changes it has begun
  slot,      \* per slot of the client: its seq, and the change under way there (0: none)
  up,        \* requests on the way: a set, so they come in any order, and a set may give one twice
  down,      \* replies on the way, on the present connection
  lead,      \* per session and slot of the leader: last seq, "idle" or "running", the reply kept
  now,       \* the session that the leader takes requests of
  applied,   \* per change: how often it was applied
  place,     \* the reply of an application: where the appended bytes are, here the length after it
  got        \* per change: the reply that the client took (0: none)

vars == <<sess, conn, open, made, slot, up, down, lead, now, applied, place, got>>

\* A change is known by session and number: 100 * session + number.
Ids == {100 * s + n : s \in 1 .. MaxSess, n \in 1 .. Changes}

Idle == [seq |-> 0, id |-> 0]
Unused == [seq |-> 0, state |-> "idle", id |-> 0, reply |-> 0]

Init ==
  /\ sess = 1 /\ conn = 1 /\ open = TRUE /\ made = 0
  /\ slot = [i \in Slots |-> Idle]
  /\ up = {} /\ down = {}
  /\ lead = [s \in 1 .. MaxSess |-> [i \in Slots |-> Unused]]
  /\ now = 1
  /\ applied = [i \in Ids |-> 0]
  /\ place = <<>>
  /\ got = [i \in Ids |-> 0]

Request(i) == [s |-> sess, c |-> conn, slot |-> i, seq |-> slot[i].seq, id |-> slot[i].id]

\* The client begins a change on a slot that is free, that is, whose reply it has.
Begin(i) ==
  /\ open /\ made < Changes /\ (slot[i].id = 0 \/ Broken = "SlotReuse")
  /\ made' = made + 1
  /\ slot' = [slot EXCEPT ![i] = [seq |-> @.seq + 1, id |-> 100 * sess + made + 1]]
  /\ up' = up \cup {[s |-> sess, c |-> conn, slot |-> i, seq |-> slot'[i].seq, id |-> slot'[i].id]}
  /\ UNCHANGED <<sess, conn, open, down, lead, now, applied, place, got>>

\* Replies of a connection that is gone reach nobody; its requests may still reach the leader.
Lose ==
  /\ open /\ conn < MaxConn
  /\ open' = FALSE /\ down' = {}
  /\ UNCHANGED <<sess, conn, made, slot, up, lead, now, applied, place, got>>

\* Resume: a new connection of the same session; all that has no reply is sent again.
Resume ==
  /\ ~open /\ conn < MaxConn
  /\ conn' = conn + 1 /\ open' = TRUE
  /\ up' = up \cup {[s |-> sess, c |-> conn + 1, slot |-> i, seq |-> slot[i].seq, id |-> slot[i].id] :
                      i \in {j \in Slots : slot[j].id # 0}}
  /\ UNCHANGED <<sess, made, slot, down, lead, now, applied, place, got>>

\* The client process ends; another one with its id begins: the old session is fenced.
Replace ==
  /\ sess < MaxSess /\ conn < MaxConn
  /\ sess' = sess + 1 /\ conn' = conn + 1 /\ open' = TRUE /\ made' = 0
  /\ slot' = [i \in Slots |-> Idle]
  /\ down' = {}
  /\ now' = sess + 1
  \* What runs ends first; what waits is given up.
  /\ lead' = IF Broken = "Replace" THEN lead
             ELSE [lead EXCEPT ![sess] =
                     [i \in Slots |-> [@[i] EXCEPT !.state = "idle"]]]
  /\ UNCHANGED <<up, applied, place, got>>

Reply(r, v) ==
  IF r.s = sess /\ r.c = conn /\ open
  THEN down \cup {[slot |-> r.slot, seq |-> r.seq, v |-> v]} ELSE down

Effect(id) == [applied EXCEPT ![id] = @ + 1]

\* A request comes. It may come again, and stays on the way: that is a duplicate.
Take(r) ==
  /\ r \in up
  /\ \E again \in {TRUE, FALSE} : up' = IF again THEN up ELSE up \ {r}
  /\ LET h == lead[r.s][r.slot]
     IN IF r.s # now /\ Broken # "OldSession"
        THEN UNCHANGED <<lead, down, applied, place>>
        ELSE CASE Broken = "Slot" ->
                    \* No look at the slot: applied as it comes.
                    /\ applied' = Effect(r.id)
                    /\ place' = Append(place, r.id)
                    /\ down' = Reply(r, Len(place) + 1)
                    /\ UNCHANGED lead
               [] Broken = "TakeLate" /\ r.seq = h.seq + 1 ->
                    \* The slot is taken only when the change has been applied: see EndLate.
                    /\ lead' = [lead EXCEPT ![r.s][r.slot] = [@ EXCEPT !.state = "running", !.id = r.id]]
                    /\ applied' = Effect(r.id)
                    /\ place' = Append(place, r.id)
                    /\ UNCHANGED down
               [] Broken # "TakeLate" /\ r.seq = h.seq + 1 /\ h.state = "idle" ->
                    /\ lead' = [lead EXCEPT ![r.s][r.slot] =
                                  [seq |-> r.seq, state |-> "running", id |-> r.id, reply |-> 0]]
                    /\ UNCHANGED <<down, applied, place>>
               [] r.seq = h.seq /\ h.state = "idle" ->
                    \* The reply that was kept.
                    /\ down' = Reply(r, IF Broken = "Reply" THEN Len(place) ELSE h.reply)
                    /\ UNCHANGED <<lead, applied, place>>
               [] OTHER ->
                    \* It still runs, and its end is answered to the present connection;
                    \* or it is old, or jumps: refused.
                    UNCHANGED <<lead, down, applied, place>>
  /\ UNCHANGED <<sess, conn, open, made, slot, now, got>>

\* The change is applied, its reply is kept and sent to the present connection: one step.
End(s, i) ==
  /\ Broken # "TakeLate"
  /\ lead[s][i].state = "running"
  /\ s = now \/ Broken \in {"Replace", "OldSession"}
  /\ LET h == lead[s][i]
         n == Len(place) + 1
     IN /\ applied' = Effect(h.id)
        /\ place' = Append(place, h.id)
        /\ lead' = [lead EXCEPT ![s][i] = [@ EXCEPT !.state = "idle", !.reply = n]]
        /\ down' = IF s = sess /\ open THEN down \cup {[slot |-> i, seq |-> h.seq, v |-> n]} ELSE down
  /\ UNCHANGED <<sess, conn, open, made, slot, up, now, got>>

EndLate(s, i) ==
  /\ Broken = "TakeLate"
  /\ lead[s][i].state = "running" /\ s = now
  /\ LET h == lead[s][i]
     IN /\ lead' = [lead EXCEPT ![s][i] =
                      [seq |-> h.seq + 1, state |-> "idle", id |-> h.id, reply |-> Len(place)]]
        /\ down' = IF s = sess /\ open
                   THEN down \cup {[slot |-> i, seq |-> h.seq + 1, v |-> Len(place)]} ELSE down
  /\ UNCHANGED <<sess, conn, open, made, slot, up, now, applied, place, got>>

\* A reply comes. A second one for the same seq means nothing.
Receive(m) ==
  /\ open /\ m \in down
  /\ down' = down \ {m}
  /\ IF slot[m.slot].id # 0 /\ slot[m.slot].seq = m.seq
     THEN /\ got' = [got EXCEPT ![slot[m.slot].id] = m.v]
          /\ slot' = [slot EXCEPT ![m.slot].id = 0]
     ELSE UNCHANGED <<got, slot>>
  /\ UNCHANGED <<sess, conn, open, made, up, lead, now, applied, place>>

Next ==
  \/ Lose \/ Resume \/ Replace
  \/ \E i \in Slots : Begin(i)
  \/ \E r \in up : Take(r)
  \/ \E m \in down : Receive(m)
  \/ \E s \in 1 .. MaxSess, i \in Slots : End(s, i) \/ EndLate(s, i)

Spec == Init /\ [][Next]_vars

\* For the temporal property: the client resumes and the leader works.
LiveSpec ==
  /\ Spec
  /\ WF_vars(Resume)
  /\ \A i \in Slots : \A s \in 1 .. MaxSess : WF_vars(End(s, i))
  /\ WF_vars(\E m \in down : Receive(m))
  /\ WF_vars(\E r \in up : r.c = conn /\ Take(r) /\ up' = up \ {r})

\* Each change is applied once at most, once if the client has its reply, and that is its reply.
AppliedOnce ==
  \A i \in Ids :
    /\ applied[i] <= 1
    /\ got[i] # 0 => applied[i] = 1 /\ got[i] \in 1 .. Len(place) /\ place[got[i]] = i

\* Nothing of an old session takes effect after the new one began: its changes stand before.
OldSessionSilent ==
  \A a, b \in 1 .. Len(place) : a < b => place[a] \div 100 <= place[b] \div 100

\* Every change of a client that lives is answered.
Answered == \A i \in Slots : (slot[i].id # 0) ~> (slot[i].id = 0)
=============================================================================
