import PhysicsObjects

extension GeneratedEvent {
  /// Takes over what a detector sees of a HepMC event, and what labels its jets: particles of status 1; hadrons with b or c
  /// just before their weak decay, and τ leptons before theirs. What has decayed after more than one place is told apart
  /// by the products: a hadron whose daughters have the same heavy quark has not decayed weakly.
  ///
  /// Mothers are the nearest ancestors with a row through vertices of one incoming particle, as hadrons made of several
  /// partons have no single ancestor. The weight is the event's first; without weights it is 1.
  public mutating func fill(from event: borrowing HepMCEvent) {
    removeAll()
    let kinds = Self.roles(of: event)
    var rows: [Int32] = []
    var next: Int32 = 0
    for kind in kinds {
      rows.append(kind == 0 ? -1 : next)
      if kind != 0 { next += 1 }
    }
    for (index, particle) in event.particles.enumerated() where kinds[index] != 0 {
      let place = event.productionPosition(of: particle)
      append(
        pdgID: particle.id, status: kinds[index], px: particle.px, py: particle.py, pz: particle.pz,
        energy: particle.energy, mass: particle.mass, x: place.x, y: place.y, z: place.z, t: place.t,
        charge: Int8(clamping: ParticleID(particle.id).chargeThirds), mother: Self.ancestor(of: index, event, rows))
    }
    weight = event.weights.first ?? 1
    processCode = event.attribute("signal_process_id").flatMap { Int($0) } ?? 0
    scale = event.attribute("event_scale").flatMap { Double($0) } ?? 0
    alphaS = event.attribute("alphaQCD").flatMap { Double($0) } ?? 0
    pTHat = 0
    showerSum = 0
  }

  /// The row of the nearest ancestor that has one, through vertices of one incoming particle; −1 without one.
  private static func ancestor(of index: Int, _ event: borrowing HepMCEvent, _ rows: [Int32]) -> Int32 {
    let (first, rowCount) = (index, rows.count)
    var index = index
    // As many steps as there are particles, or the event runs in a circle.
    for _ in 0..<rowCount {
      let mothers = event.mothers(of: event.particles[index])
      guard mothers.count == 1, let mother = mothers.first else { return -1 }
      if rows[Int(mother)] >= 0 { return Int(mother) == first ? -1 : rows[Int(mother)] }
      index = Int(mother)
    }
    return -1
  }

  /// The role of each particle; 0 for those that have no row.
  private static func roles(of event: borrowing HepMCEvent) -> [Int32] {
    var roles = event.particles.map { particle -> Int32 in
      if particle.status == 1 { return ParticleRole.final }
      guard particle.endVertex >= 0 else { return 0 }
      let id = ParticleID(particle.id)
      return id.isTau || id.isHadron && id.heaviestQuark >= 4 ? ParticleRole.decayed : 0
    }
    // Copies and strong decays: a product of the same kind takes the role.
    for particle in event.particles {
      let id = ParticleID(particle.id)
      for mother in event.mothers(of: particle) where roles[Int(mother)] == ParticleRole.decayed {
        let parent = ParticleID(event.particles[Int(mother)].id)
        let goesOn = parent.isTau ? id.isTau : id.isHadron && id.heaviestQuark == parent.heaviestQuark
        if goesOn { roles[Int(mother)] = 0 }
      }
    }
    return roles
  }
}
