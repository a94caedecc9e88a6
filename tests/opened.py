"""A pass with every composite opened, as `(layer, what it sends)`."""

from minifw.network.tap import Hops, tap


def outputs(net, x, training=False, inside=True):
    if not inside:
        return list(net.outputs(x, training))
    hops = Hops()
    with tap(net, hops):
        net.forward(x, training)
    return [(hop.layer, hop.sent) for hop in hops]


def messages(net, error_grad, inside=True):
    if not inside:
        return list(net.messages(error_grad))
    hops = Hops()
    with tap(net, hops):
        net.backward(error_grad, **({"to_input": True} if net.is_network else {}))
    return [(hop.layer, hop.sent) for hop in hops]
