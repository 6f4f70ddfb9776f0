/* Dialpact on two nodes that share a database: docs/model/README.md. Run: make model. */
#include "state.pml"
#include "properties.pml"
#include "gate.pml"
#include "leg.pml"
#include "world.pml"

init {
    atomic {
        node[0].reach = 1; node[0].listener = 1; node[0].ready = 1;
        node[1].reach = 1; node[1].listener = 1; node[1].ready = 1;
        run Session(0); run Session(1); run Session(2);
        run Leg(0); run Leg(1); run Leg(2);
        run Host(0); run Host(1)
    }
}
